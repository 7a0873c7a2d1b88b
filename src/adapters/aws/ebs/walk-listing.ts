import { HoldfastError, ProviderError } from "../../../errors/index.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { fetchPage, pageTokenRefused, type Listing, type PagePosition } from "./fetch-page.js";
import { invalidListing, type ListingPage } from "./listing-page.js";

/** Pages may be empty and go on; but a full listing of 64 TiB has 13,422 pages, so that more empty ones in a row lead nowhere. */
const maxEmptyPages = 20_000;

export interface WalkOptions {
  readonly startIndex: number;
  /** Whether the next page is fetched while one is used (default); not where mostly the first will do. */
  readonly isAhead?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The pages of a listing, in order. While one is used the next is fetched, and no more than that one. Where a page's token
 * has become too old (a page may be used for hours), the listing goes on by index.
 */
export async function* walkListing(door: SnapshotDoorContext, listing: Listing, options: WalkOptions): AsyncGenerator<ListingPage> {
  const { isAhead = true } = options;
  const ahead = new AbortController();
  const giveUp = (): void => {
    ahead.abort(options.signal?.reason);
  };
  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", giveUp, { once: true });
  let next: Promise<ListingPage> | undefined = fetchPage(door, listing, { startIndex: options.startIndex }, ahead.signal);
  let startIndex = options.startIndex;
  let emptyPages = 0;
  let lastToken: string | undefined;
  try {
    while (next !== undefined) {
      const page: ListingPage = await next;
      const { nextToken, blocks } = page;
      emptyPages = blocks.length === 0 ? emptyPages + 1 : 0;
      if (nextToken !== undefined && ((nextToken === lastToken && blocks.length === 0) || emptyPages > maxEmptyPages)) throw leadsNowhere(door, listing);
      startIndex = (blocks.at(-1)?.index ?? startIndex - 1) + 1;
      lastToken = nextToken;
      const position = { startIndex, nextToken };
      const fetch = (): Promise<ListingPage> => fetchNext(door, listing, position, page.volumeSizeBytes, ahead.signal);
      next = nextToken !== undefined && isAhead ? fetch() : undefined;
      // It is awaited when its turn comes; until then its failure is not unhandled.
      next?.catch(() => undefined);
      yield page;
      if (nextToken !== undefined) next ??= fetch();
    }
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
    ahead.abort(new Error("the listing is not needed any more"));
    await Promise.allSettled([next]);
  }
}

async function fetchNext(door: SnapshotDoorContext, listing: Listing, position: PagePosition, volumeSizeBytes: number, signal: AbortSignal): Promise<ListingPage> {
  const page = await fetchOrRenew(door, listing, position, signal);
  if (page.volumeSizeBytes === volumeSizeBytes) return page;
  throw new ProviderError(`The listing of ${listing.snapshotId} in ${door.region} cannot be trusted: the volume's size changed from ${volumeSizeBytes} to ${page.volumeSizeBytes} bytes between two pages. Start again; if it stays so, report it to AWS.`, {
    code: invalidListing, service: "ebs", operation: operationOf(listing), context: { snapshotId: listing.snapshotId, region: door.region },
  });
}

async function fetchOrRenew(door: SnapshotDoorContext, listing: Listing, position: PagePosition, signal: AbortSignal): Promise<ListingPage> {
  try {
    return await fetchPage(door, listing, position, signal);
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === pageTokenRefused)) throw error;
    return await fetchPage(door, listing, { startIndex: position.startIndex }, signal);
  }
}

function leadsNowhere(door: SnapshotDoorContext, listing: Listing): ProviderError {
  return new ProviderError(`The listing of ${listing.snapshotId} in ${door.region} does not end: one page after the other is empty, or names itself as the next. Start again; if it stays so, report it to AWS.`, {
    code: invalidListing, service: "ebs", operation: operationOf(listing), context: { snapshotId: listing.snapshotId, region: door.region },
  });
}

function operationOf(listing: Listing): string {
  return listing.base === undefined ? "ListSnapshotBlocks" : "ListChangedBlocks";
}
