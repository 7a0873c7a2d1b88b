import { ConflictError, ProviderError } from "../../../errors/index.js";
import type { AwsAttempt, AwsCall } from "../aws-calls.js";
import { DamagedAnswer } from "../damaged-answer.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { callEbs, isSnapshotMissing, snapshotNotFound } from "./ebs-call.js";
import { checkPage, invalidListing, type AnsweredLine, type ListingPage } from "./listing-page.js";

/** The largest page that EBS direct gives; the price is per request. */
export const maxPageBlocks = 10_000;
/** The smallest page that can be asked for. */
export const minPageBlocks = 100;
/** An answer that makes no sense is asked for again so often: a proxy may have damaged it. */
const maxInvalidAnswers = 3;

/** What is listed: the blocks of a snapshot, or where `base` is given how they differ from that snapshot's. */
export interface Listing {
  readonly snapshotId: string;
  readonly base?: string | undefined;
}

/** Where a page begins. */
export interface PagePosition {
  /** The first index that may be in the page; where there is no token, the page begins there. */
  readonly startIndex: number;
  readonly nextToken?: string | undefined;
  readonly maxBlocks?: number | undefined;
}

/** A page token is refused; they live for 60 minutes. */
export const pageTokenRefused = "PageTokenRefused";

/** Gets and checks one page. `ProviderError` with the code `PageTokenRefused` where the token is too old, `InvalidListing` where the answer makes no sense. */
export async function fetchPage(door: SnapshotDoorContext, listing: Listing, position: PagePosition, signal: AbortSignal | undefined): Promise<ListingPage> {
  const { startIndex, nextToken, maxBlocks = maxPageBlocks } = position;
  const from = { MaxResults: maxBlocks, ...(nextToken === undefined ? { StartingBlockIndex: startIndex } : { NextToken: nextToken }) };
  const list = listing.base === undefined ? listBlocks : listChanges;
  return await callEbs(door, { ...list.call(door, listing), signal }, async (attempt) => checkPage(await list.page(door, listing, from, attempt), startIndex));
}

type From = { readonly MaxResults: number; readonly StartingBlockIndex?: number; readonly NextToken?: string };

const listBlocks = {
  call: (door: SnapshotDoorContext, { snapshotId }: Listing) => callOf(door, "ListSnapshotBlocks", snapshotId),
  page: async (door: SnapshotDoorContext, { snapshotId }: Listing, from: From, attempt: AwsAttempt) => {
    const answer = await door.ebs.send((aws) => new aws.ListSnapshotBlocksCommand({ SnapshotId: snapshotId, ...from }), { abortSignal: attempt.signal });
    return { ...answer, lines: linesOf(answer.Blocks, attempt, ({ BlockIndex: index, BlockToken: token }) => ({ index, token, isGone: false })) };
  },
};

const listChanges = {
  call: (door: SnapshotDoorContext, { snapshotId, base = "" }: Listing) => {
    const call = callOf(door, "ListChangedBlocks", snapshotId);
    const translate: AwsCall["translate"] = (failure, state) => {
      if (failure.reason === "UNRELATED_SNAPSHOTS") return unrelated(door, snapshotId, base, "AWS says that they are not of one line");
      // That the snapshot itself is there was seen when it was opened.
      if (isSnapshotMissing(failure)) return snapshotNotFound(base, door.region);
      return call.translate?.(failure, state);
    };
    return { ...call, translate };
  },
  page: async (door: SnapshotDoorContext, { snapshotId, base }: Listing, from: From, attempt: AwsAttempt) => {
    const answer = await door.ebs.send((aws) => new aws.ListChangedBlocksCommand({ FirstSnapshotId: base, SecondSnapshotId: snapshotId, ...from }), { abortSignal: attempt.signal });
    return {
      ...answer,
      lines: linesOf(answer.ChangedBlocks, attempt, ({ BlockIndex: index, FirstBlockToken: first, SecondBlockToken: token }) => ({ index, token, isGone: token === undefined && first !== undefined })),
    };
  },
};

/** The error for snapshots between which AWS tells no changes. */
export function unrelated(door: SnapshotDoorContext, snapshotId: string, base: string, why: string): ConflictError {
  return new ConflictError(`The changes from ${base} to ${snapshotId} in ${door.region} cannot be told: ${why}. Read all of ${snapshotId} instead.`, {
    code: "UnrelatedSnapshots",
    context: { snapshotId, base, region: door.region },
  });
}

function callOf(door: SnapshotDoorContext, operation: string, snapshotId: string): Pick<AwsCall, "operation" | "retry" | "translate"> & { readonly resource: string } {
  const refusal = (code: typeof pageTokenRefused | typeof invalidListing, message: string): ProviderError => new ProviderError(message, { code, service: "ebs", operation, context: { snapshotId, region: door.region } });
  return {
    operation,
    resource: snapshotId,
    retry: (failure, state) => (failure.code === invalidListing ? state.number < maxInvalidAnswers : undefined),
    translate: (failure) => {
      if (failure.reason === "INVALID_PAGE_TOKEN") return refusal(pageTokenRefused, `ebs:${operation} on ${snapshotId} in ${door.region} refused a page's token again, although it is new. Start again; if it stays so, report it to AWS.`);
      if (failure.code === invalidListing) return refusal(invalidListing, `ebs:${operation} on ${snapshotId} in ${door.region} gave a listing that cannot be trusted: ${failure.message}. The endpoint does not speak EBS direct as AWS does.`);
      return undefined;
    },
  };
}

/** An absent list is asked for again: only where it is absent every time does it stand for an empty one. */
function linesOf<Line>(list: readonly Line[] | null | undefined, attempt: AwsAttempt, read: (line: Line) => AnsweredLine): AnsweredLine[] {
  if ((list === undefined || list === null) && attempt.number < maxInvalidAnswers) throw new DamagedAnswer(invalidListing, "the list of blocks is missing");
  return (list ?? []).map(read);
}
