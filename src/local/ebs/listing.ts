import { createHash } from "node:crypto";
import type { RequestContext } from "../service.js";
import type { EbsEnvironment } from "./ebs-environment.js";
import { invalid } from "./ebs-error.js";
import type { PagePosition } from "./ebs-tokens.js";

const minResults = 100;
const maxResults = 10_000;

/** What a listing is asked for. */
export interface ListingRequest {
  readonly operation: string;
  readonly snapshotIds: readonly string[];
  readonly nextToken: string | undefined;
  readonly maxResults: number | undefined;
  readonly startingBlockIndex: number | undefined;
}

/** A page's worth of blocks, and where the next page begins. */
export interface Page {
  readonly startBlock: number;
  readonly maxBlocks: number;
  /** The token of the next page; `nextBlock` is undefined at the end. */
  nextToken(nextBlock: number | undefined): string | undefined;
}

/** Where a page begins and how much it may hold: now and then little or nothing, as EBS may do. */
export function openPage(environment: EbsEnvironment, request: ListingRequest, context: RequestContext): Page {
  const { tokens, limits } = environment;
  const { operation, snapshotIds } = request;
  const subject = { accountId: context.accountId, operation, snapshotIds };
  const now = context.clock.now();
  const position = positionOf(environment, request, context);
  const wanted = resultsOf(request.maxResults);
  const share = shareOf(snapshotIds, position, limits.shortPages);
  const nextToken = (nextBlock: number | undefined, afterEmpty: boolean): string | undefined =>
    nextBlock === undefined ? undefined : tokens.pageToken(subject, { nextBlock, afterEmpty }, now);
  const maxBlocks = Math.floor(wanted * share);
  return { startBlock: position.nextBlock, maxBlocks, nextToken: (nextBlock) => nextToken(nextBlock, maxBlocks === 0) };
}

function positionOf(environment: EbsEnvironment, request: ListingRequest, context: RequestContext): PagePosition {
  const { operation, snapshotIds, nextToken, startingBlockIndex = 0 } = request;
  if (nextToken === undefined) {
    if (!Number.isInteger(startingBlockIndex) || startingBlockIndex < 0) throw invalid("INVALID_PARAMETER_VALUE", "The starting block index must be 0 or more.");
    return { nextBlock: startingBlockIndex, afterEmpty: false };
  }
  const position = environment.tokens.openPageToken(nextToken, { accountId: context.accountId, operation, snapshotIds }, context.clock.now());
  if (position === undefined) throw invalid("INVALID_PAGE_TOKEN", "The page token is not of this listing, or it has expired.");
  return position;
}

function resultsOf(asked: number | undefined): number {
  if (asked === undefined) return minResults;
  if (!Number.isInteger(asked) || asked > maxResults) throw invalid("INVALID_PARAMETER_VALUE", `The maximum of results must be from ${minResults} to ${maxResults}.`);
  return Math.max(asked, minResults);
}

/** The share of what was asked for that a page holds: the same whenever the same page is asked for. */
function shareOf(snapshotIds: readonly string[], { nextBlock, afterEmpty }: PagePosition, shortPages: number): number {
  const digest = createHash("sha256").update([...snapshotIds, nextBlock].join("\n")).digest();
  if (digest.readUInt32BE(0) / 2 ** 32 >= shortPages) return 1;
  if (digest.readUInt8(4) % 2 === 0 && !afterEmpty) return 0;
  return (1 + (digest.readUInt8(5) % 8)) / 10;
}
