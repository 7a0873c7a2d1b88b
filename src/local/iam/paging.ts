import { validationError } from "./iam-error.js";

const DEFAULT_MAX_ITEMS = 100;
const LARGEST_MAX_ITEMS = 1000;

export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface Page<T> {
  readonly items: T[];
  readonly IsTruncated: boolean;
  readonly Marker: string | undefined;
}

/** Cuts the page that is asked for out of `items`, sorted by name; the marker names the last item given. */
export function takePage<T>(items: readonly T[], nameOf: (item: T) => string, request: PageRequest): Page<T> {
  const maxItems = request.MaxItems ?? DEFAULT_MAX_ITEMS;
  if (!Number.isInteger(maxItems) || maxItems < 1 || maxItems > LARGEST_MAX_ITEMS) {
    throw validationError(`1 validation error detected: Value '${maxItems}' at 'maxItems' failed to satisfy constraint: Member must be from 1 to 1000`);
  }
  const after = request.Marker === undefined ? undefined : Buffer.from(request.Marker, "base64").toString("utf8");
  const sorted = [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0));
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after);
  const page = rest.slice(0, maxItems);
  const last = page.at(-1);
  const isTruncated = rest.length > page.length;
  return {
    items: page,
    IsTruncated: isTruncated,
    Marker: isTruncated && last !== undefined ? Buffer.from(nameOf(last), "utf8").toString("base64") : undefined,
  };
}
