import { blockSizeBytes, maxBlocks } from "../../../ports/index.js";
import { DamagedAnswer } from "../damaged-answer.js";

/** A line of a listing. Without a token the block is no more. */
export interface ListedBlock {
  readonly index: number;
  readonly token: string | undefined;
}

/** A page of a listing whose numbers have been checked. */
export interface ListingPage {
  readonly blocks: readonly ListedBlock[];
  readonly nextToken: string | undefined;
  readonly volumeSizeBytes: number;
}

/** A page as it came, whichever listing it is of: nothing in it is sure. */
export interface AnsweredPage {
  readonly lines: readonly AnsweredLine[];
  readonly VolumeSize?: unknown;
  readonly BlockSize?: unknown;
  readonly NextToken?: unknown;
}

export interface AnsweredLine {
  readonly index: unknown;
  readonly token: unknown;
  /** Whether the listing says that the block is no more, and so has no token. */
  readonly isGone: boolean;
}

/** The code of an answer that is no listing as EBS makes them. */
export const invalidListing = "InvalidListing";

const bytesPerGib = 2 ** 30;
const blocksPerGib = bytesPerGib / blockSizeBytes;

/**
 * Checks a page: indexes are numbers, ascend without repetition, begin at `minIndex` at the earliest and lie in the volume;
 * tokens are texts. An emulator or a proxy that gives others would make a backup wrong, not fail it. Raises `DamagedAnswer`.
 */
export function checkPage(answer: AnsweredPage, minIndex: number): ListingPage {
  const { VolumeSize: sizeGib, BlockSize: blockSize, NextToken: nextToken } = answer;
  if (!isWhole(sizeGib) || sizeGib < 1 || sizeGib > maxBlocks / blocksPerGib) throw wrong("VolumeSize", sizeGib, "a whole number of GiB, at most 65,536");
  if (blockSize !== blockSizeBytes) throw wrong("BlockSize", blockSize, "524,288");
  if (nextToken !== undefined && nextToken !== null && typeof nextToken !== "string") throw wrong("NextToken", nextToken, "a text");
  const blocks: ListedBlock[] = [];
  let leastIndex = minIndex;
  for (const { index, token, isGone } of answer.lines) {
    if (!isWhole(index) || index < leastIndex || index >= sizeGib * blocksPerGib) throw wrong("BlockIndex", index, `a whole number from ${leastIndex} on, in ascending order, and within the volume`);
    if (!isGone && (typeof token !== "string" || token === "")) throw wrong(`the token of block ${index}`, token, "a text");
    blocks.push({ index, token: isGone ? undefined : String(token) });
    leastIndex = index + 1;
  }
  return { blocks, nextToken: nextToken === "" ? undefined : (nextToken ?? undefined), volumeSizeBytes: sizeGib * bytesPerGib };
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function wrong(member: string, value: unknown, wanted: string): DamagedAnswer {
  const shown = typeof value === "string" || typeof value === "number" ? JSON.stringify(value).slice(0, 80) : typeof value;
  return new DamagedAnswer(invalidListing, `${member} is ${shown}, but must be ${wanted}`);
}
