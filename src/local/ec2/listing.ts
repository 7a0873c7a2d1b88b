import type * as ec2 from "@aws-sdk/client-ec2";
import { createHash } from "node:crypto";
import { ec2Error, invalidCombination, invalidValue } from "./ec2-error.js";
import { matcherOf } from "./filters.js";
import type { FilterReaders } from "./filters.js";
import { checkId, notFound } from "./resource-id.js";
import type { ResourceKind } from "./resource-id.js";

const SMALLEST_PAGE = 5;
const LARGEST_PAGE = 1000;

/** What a Describe call asks for, and what there is. */
export interface Listing<T> {
  /** What the caller may see, described. */
  readonly items: Iterable<T>;
  readonly idOf: (item: T) => string;
  readonly filters: readonly ec2.Filter[] | undefined;
  readonly readers: FilterReaders<T>;
  /** The ids asked for: each must be there. */
  readonly ids?: { readonly kind: ResourceKind; readonly parameter: string; readonly values: readonly string[] | undefined };
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

interface Page<T> {
  readonly items: T[];
  readonly nextToken: string | undefined;
}

/** Cuts the page that is asked for out of the items that fit, in the order of their ids. */
export function takePage<T extends { readonly Tags?: ec2.Tag[] | undefined }>(listing: Listing<T>): Page<T> {
  const { idOf, ids, filters, readers, maxResults } = listing;
  if (maxResults !== undefined && (maxResults < SMALLEST_PAGE || maxResults > LARGEST_PAGE || !Number.isInteger(maxResults))) {
    throw invalidValue(`Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value from ${SMALLEST_PAGE} to ${LARGEST_PAGE}.`);
  }
  if (ids?.values !== undefined && ids.values.length > 0 && maxResults !== undefined) {
    throw invalidCombination(`The parameter ${ids.parameter} cannot be used with the parameter maxResults`);
  }
  const fits = matcherOf(filters, readers);
  const items = pickIds([...listing.items], listing).filter(fits);
  items.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const query = digestOf([filters, ids?.values]);
  const after = listing.nextToken === undefined ? "" : openToken(listing.nextToken, query);
  const rest = after === "" ? items : items.filter((item) => idOf(item) > after);
  const page = rest.slice(0, maxResults ?? LARGEST_PAGE);
  const last = page.at(-1);
  return { items: page, nextToken: last === undefined || page.length === rest.length ? undefined : sealToken(idOf(last), query) };
}

function pickIds<T>(items: readonly T[], { ids, idOf }: Listing<T>): T[] {
  if (ids?.values === undefined || ids.values.length === 0) return [...items];
  for (const id of ids.values) checkId(ids.kind, id);
  const byId = new Map(items.map((item) => [idOf(item), item]));
  return [...new Set(ids.values)].map((id) => {
    const item = byId.get(id);
    if (item === undefined) throw notFound(ids.kind, id);
    return item;
  });
}

// A token goes on with the query for which it was given, and with no other.
function sealToken(lastId: string, query: string): string {
  return Buffer.from(`${query}/${lastId}`, "utf8").toString("base64url");
}

function openToken(token: string, query: string): string {
  const text = Buffer.from(token, "base64url").toString("utf8");
  if (!text.startsWith(`${query}/`)) throw ec2Error("InvalidNextToken", "The specified NextToken is not valid.");
  return text.slice(query.length + 1);
}

function digestOf(query: unknown): string {
  return createHash("sha256").update(JSON.stringify(query)).digest("hex").slice(0, 16);
}
