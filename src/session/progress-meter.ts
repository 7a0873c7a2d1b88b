import type { Clock, Traffic } from "../ports/index.js";

/** How far a volume is. */
export interface Progress {
  /** Blocks moved so far. */
  readonly blocks: number;
  /** Their bytes, uncompressed. */
  readonly bytes: number;
  /** All blocks to be moved, where that is known beforehand: a restore knows, the listing of a snapshot tells only at its end. */
  readonly totalBlocks?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** From 0 to 1: of the blocks where their number is known, of the volume's length otherwise. */
  readonly fraction: number;
  /** Over the last few seconds. */
  readonly bytesPerSecond: number;
  /** How long the rest takes at the pace of the last few seconds; absent while nothing moves. */
  readonly remainingMs?: number | undefined;
  /** Requests to the provider so far that it refused for being too many; absent where the source or target does not tell. */
  readonly throttled?: number | undefined;
  /** Requests so far that were made again for any other reason. */
  readonly retried?: number | undefined;
}

/** Four reports a second are smooth for people and nothing for the machine. */
const reportIntervalMs = 250;
/** The rate is taken over this time. */
const rateWindowMs = 5_000;

/** Counts blocks, and reports a few times a second. It looks at the clock when a block passes and has no timer. */
export class ProgressMeter {
  readonly #clock: Clock;
  readonly #report: (progress: Progress) => void;
  readonly #total: { readonly blocks: number; readonly bytes: number } | undefined;
  readonly #samples: { readonly ms: number; readonly bytes: number; readonly fraction: number }[];
  readonly #traffic: () => Traffic | undefined;
  #blocks = 0;
  #bytes = 0;
  #fraction = 0;
  #reportedMs: number;

  constructor(clock: Clock, report: (progress: Progress) => void, total?: { readonly blocks: number; readonly bytes: number }, traffic: () => Traffic | undefined = () => undefined) {
    this.#clock = clock;
    this.#report = report;
    this.#total = total;
    this.#traffic = traffic;
    this.#reportedMs = clock.monotonicMs();
    this.#samples = [{ ms: this.#reportedMs, bytes: 0, fraction: 0 }];
  }

  /** A block has passed. `fraction` is needed only where the total is not known. */
  add(bytes: number, fraction?: number): void {
    this.#blocks++;
    this.#bytes += bytes;
    this.#fraction = fraction ?? (this.#total === undefined || this.#total.blocks === 0 ? 0 : this.#blocks / this.#total.blocks);
    const ms = this.#clock.monotonicMs();
    if (ms - this.#reportedMs >= reportIntervalMs) this.#send(ms);
  }

  /** The last report: everything is done. */
  finish(): void {
    this.#fraction = 1;
    this.#send(this.#clock.monotonicMs());
  }

  #send(ms: number): void {
    this.#reportedMs = ms;
    this.#samples.push({ ms, bytes: this.#bytes, fraction: this.#fraction });
    while (this.#samples.length > 2 && ms - (this.#samples[0]?.ms ?? ms) > rateWindowMs) this.#samples.shift();
    const since = this.#samples[0] ?? { ms, bytes: this.#bytes, fraction: this.#fraction };
    const elapsedMs = ms - since.ms;
    const moved = this.#fraction - since.fraction;
    const traffic = this.#traffic();
    this.#report({
      blocks: this.#blocks,
      bytes: this.#bytes,
      ...(this.#total !== undefined && { totalBlocks: this.#total.blocks, totalBytes: this.#total.bytes }),
      fraction: this.#fraction,
      bytesPerSecond: elapsedMs <= 0 ? 0 : Math.round(((this.#bytes - since.bytes) * 1_000) / elapsedMs),
      ...(moved > 0 && { remainingMs: Math.round(((1 - this.#fraction) * elapsedMs) / moved) }),
      ...(traffic !== undefined && { throttled: traffic.throttled, retried: traffic.retried }),
    });
  }
}
