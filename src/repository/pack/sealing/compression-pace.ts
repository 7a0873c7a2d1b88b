import type { Clock } from "../../../ports/index.js";
import { defaultLevel } from "../compression.js";

/** What a writer waits for. */
export type WaitedFor = "source" | "sealing" | "store";

/** From fast to strong. Below -5 zstd hardly compresses what real disks hold; above 3 each per cent costs more than it saves in requests and time. */
const levels = [-5, -3, 1, 2, 3] as const;
export const fastestLevel = -5;
export const strongestLevel = 3;
/**
 * No faster than this unless it is asked for: level -5 saves an eighth of the processor time of a backup, once, and has a third more to store, for as long as the point is kept. A
 * month of a GiB on S3 costs as much as twenty minutes of a small worker.
 */
export const defaultMinLevel = 1;
/** The level is looked at after so many sealed blocks: 16 MiB, long enough to tell, short enough to follow. */
const blocksPerLook = 32;
/** Sealing is what holds a run back where it takes this share of its time; it is not where it takes less than the other. */
const heldBackShare = 0.25;
const idleShare = 0.05;

/**
 * The compression level that fits what holds a run back: a lower one while blocks wait for the processor, a higher one while the processor waits for the
 * source, a limit or the store. In between it stays as it is.
 */
export class CompressionPace {
  readonly #clock: Clock;
  readonly #levels: readonly number[];
  #position: number;
  #sealed = 0;
  #waitedMs: Record<WaitedFor, number> = { source: 0, sealing: 0, store: 0 };
  #sinceMs: number;

  /** `minLevel`: the fastest that it may take. */
  constructor(clock: Clock, { minLevel = defaultMinLevel }: { readonly minLevel?: number | undefined } = {}) {
    this.#clock = clock;
    this.#levels = levels.filter((level) => level >= Math.min(minLevel, strongestLevel));
    this.#position = Math.max(0, this.#levels.indexOf(defaultLevel));
    this.#sinceMs = clock.monotonicMs();
  }

  /** zstd's. */
  get level(): number {
    return this.#levels[this.#position] ?? strongestLevel;
  }

  /** The writer waited. */
  waited(reason: WaitedFor, ms: number): void {
    this.#waitedMs[reason] += ms;
  }

  /** A block was sealed. */
  sealed(): void {
    if (++this.#sealed < blocksPerLook) return;
    const nowMs = this.#clock.monotonicMs();
    const share = this.#waitedMs.sealing / Math.max(1, nowMs - this.#sinceMs);
    if (share > heldBackShare) this.#position = Math.max(0, this.#position - 1);
    else if (share < idleShare && this.#waitedMs.source + this.#waitedMs.store > 0) this.#position = Math.min(this.#levels.length - 1, this.#position + 1);
    this.#sealed = 0;
    this.#sinceMs = nowMs;
    this.#waitedMs = { source: 0, sealing: 0, store: 0 };
  }
}
