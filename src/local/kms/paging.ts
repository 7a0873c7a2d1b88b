import { kmsError, violated } from "./kms-error.js";

/** How KMS's lists are asked for. */
export interface KmsPageRequest {
  readonly Limit?: number | undefined;
  readonly Marker?: string | undefined;
}

export interface KmsPage<Item> {
  readonly items: readonly Item[];
  readonly Truncated: boolean;
  readonly NextMarker: string | undefined;
}

const DEFAULT_LIMIT = 100;
const LARGEST_LIMIT = 1000;

/** Cuts the page that is asked for out of `items`; the marker names the last item given. */
export function takePage<Item>(items: readonly Item[], nameOf: (item: Item) => string, { Limit: limit = DEFAULT_LIMIT, Marker: marker }: KmsPageRequest): KmsPage<Item> {
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_LIMIT) throw violated("limit", `Member must be from 1 to ${LARGEST_LIMIT}`);
  const after = marker === undefined ? undefined : Buffer.from(marker, "base64url").toString("utf8");
  if (after !== undefined && Buffer.from(after, "utf8").toString("base64url") !== marker) throw kmsError("InvalidMarkerException", "The marker is not valid.");
  const sorted = [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const isTruncated = rest.length > page.length && last !== undefined;
  return { items: page, Truncated: isTruncated, NextMarker: isTruncated ? Buffer.from(nameOf(last), "utf8").toString("base64url") : undefined };
}
