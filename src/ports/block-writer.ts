import type { BlockData, Traffic } from "./block-reader.js";

/**
 * A volume being written: an EBS snapshot under way, a raw image.
 *
 * Blocks come in any order, each at most once, several at the same time; what is not written is zero (or, over a parent,
 * the parent's). Nothing is usable before `complete` resolves.
 */
export interface BlockWriter<Result = unknown> {
  /** What this is, for people and errors. */
  readonly target: string;
  /** How many writes should be under way to reach the target's rate, where that is known: it moves with the target's latency, so ask again. */
  readonly writesInFlight?: number | undefined;
  /** How the calls about this target fared since it was opened, where that is known. */
  readonly traffic?: Traffic | undefined;
  /** Writes a block, over what was there; any number at a time. Its memory is the caller's again once this resolves. */
  write(block: BlockData, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Seals the volume after the last block; resolves when it is usable. `earlierBlocks`: how many blocks an earlier process wrote into the same target, beside those of this one. */
  complete(options?: { readonly earlierBlocks?: number | undefined; readonly signal?: AbortSignal | undefined }): Promise<Result>;
  /** Gives up and removes what was made. */
  abort(): Promise<void>;
}
