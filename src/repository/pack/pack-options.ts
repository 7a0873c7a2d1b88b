import { checkOptionNames, invalidOption } from "../../options/option-error.js";
import { maxPackEntries } from "../format/pack-directory.js";

/** How large a repository's data packs are; decided when it is made, and kept in its `holdfast.json`. */
export interface PackOptions {
  /**
   * Bytes of frames at which a pack is closed: from 8 to 128 MiB, 32 MiB by default. Large packs cost fewer requests and are
   * thawed with fewer; small ones are collected sooner. A writer holds at most 128 MiB of packs, or one where one is larger.
   */
  readonly targetBytes?: number | undefined;
  /** Blocks after which a pack is closed, however few bytes they have: from 16 to 16,384; one for each 128 KiB of `targetBytes` by default. */
  readonly maxBlocks?: number | undefined;
}

/** The limits of a repository's data packs, all known. */
export interface PackLimits {
  readonly targetBytes: number;
  readonly maxBlocks: number;
}

const mebibyte = 2 ** 20;
const minTargetBytes = 8 * mebibyte;
/** A pack is filled in memory. Copying 1 GiB into packs of this size took a process 464 MiB in all, into those of 32 MiB 433 MiB; a full dedup index comes on top. */
const maxTargetBytes = 128 * mebibyte;
const minBlocks = 16;
/** 256 blocks in 32 MiB: blocks that compress to a quarter fill a pack by both limits at once. */
const bytesPerBlock = 128 * 1024;

/** Few objects, each still quick to read whole. */
export const defaultPackLimits: PackLimits = { targetBytes: 32 * mebibyte, maxBlocks: 256 };

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolvePackOptions(options: PackOptions | undefined): PackLimits {
  if (options === undefined) return defaultPackLimits;
  checkOptionNames(options, ["targetBytes", "maxBlocks"], "packs", "packs");
  const { targetBytes = defaultPackLimits.targetBytes } = options;
  if (!Number.isSafeInteger(targetBytes) || targetBytes < minTargetBytes || targetBytes > maxTargetBytes) {
    throw invalidOption("packs.targetBytes", targetBytes, `must be a whole number of bytes from ${String(minTargetBytes)} (8 MiB) to ${String(maxTargetBytes)} (128 MiB).`);
  }
  const { maxBlocks = Math.round(targetBytes / bytesPerBlock) } = options;
  if (!Number.isSafeInteger(maxBlocks) || maxBlocks < minBlocks || maxBlocks > maxPackEntries) {
    throw invalidOption("packs.maxBlocks", maxBlocks, `must be a whole number from ${String(minBlocks)} to ${String(maxPackEntries)}.`);
  }
  return { targetBytes, maxBlocks };
}

/** What all packs of a run may take in memory together. */
const packsInMemoryBytes = 128 * mebibyte;
/** More than this does not make a run faster. */
const maxPacksInMemory = 3;

/** Packs that a writer holds in memory: the one being filled, and those on their way. */
export function packsInMemory({ targetBytes }: PackLimits): number {
  return Math.max(1, Math.min(maxPacksInMemory, Math.floor(packsInMemoryBytes / targetBytes)));
}
