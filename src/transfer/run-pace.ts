import type { Clock } from "../ports/index.js";

/** What one run may take at most, whatever AWS and the account's own caps allow. */
export interface RunLimits {
  /** Blocks of 512 KiB that are read from the source a second, by all volumes of the run together. Default: no cap. */
  readonly maxBlocksPerSecond?: number | undefined;
  /** Bytes a second: of the blocks that are read, and of what is stored of them. Default: no cap. */
  readonly maxBytesPerSecond?: number | undefined;
}

/**
 * Keeps a run below its caps: each block is given a time to go, so late that the rate holds, and what it stored puts off the next ones. Shared by all volumes of a run; nothing is saved up while
 * nobody reads.
 */
export class RunPace {
  readonly #clock: Clock;
  readonly #limits: RunLimits;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, limits: RunLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Resolves when a block of so many bytes may be read; rejects with the signal's reason. */
  async turn(bytes: number, signal?: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const goMs = Math.max(nowMs, this.#nextMs);
    const { maxBlocksPerSecond = Number.POSITIVE_INFINITY } = this.#limits;
    this.#nextMs = goMs + Math.max(1_000 / maxBlocksPerSecond, this.#timeOf(bytes));
    if (goMs > nowMs) await this.#clock.sleep(goMs - nowMs, signal);
  }

  /** So many bytes were stored. */
  stored(bytes: number): void {
    this.#nextMs = Math.max(this.#clock.monotonicMs(), this.#nextMs) + this.#timeOf(bytes);
  }

  #timeOf(bytes: number): number {
    return (bytes * 1_000) / (this.#limits.maxBytesPerSecond ?? Number.POSITIVE_INFINITY);
  }
}

/** The pace that limits ask for; none where they ask for nothing. */
export function paceOf(clock: Clock, limits: RunLimits | undefined): RunPace | undefined {
  return limits === undefined || (limits.maxBlocksPerSecond === undefined && limits.maxBytesPerSecond === undefined) ? undefined : new RunPace(clock, limits);
}

/** One part's share of a run's limits, where the parts run on machines that do not know of each other. */
export function shareOf({ maxBlocksPerSecond, maxBytesPerSecond }: RunLimits, parts: number): RunLimits {
  return {
    ...(maxBlocksPerSecond !== undefined && { maxBlocksPerSecond: maxBlocksPerSecond / parts }),
    ...(maxBytesPerSecond !== undefined && { maxBytesPerSecond: maxBytesPerSecond / parts }),
  };
}
