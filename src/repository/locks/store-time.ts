import type { Clock, Logger, ObjectStore } from "../../ports/index.js";

/** Beyond this, what the machine's clock says is reported: nobody's restore points should carry such times. */
const notableSkewMs = 10 * 60_000;

/**
 * The time as the store has it: it is what locks are judged by. A machine's clock that runs behind would lock for too short a
 * time, and one that runs ahead for years, irrevocably. It is read off an object that was just written, and from there on
 * counted by the monotonic clock.
 */
export class StoreTime {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #seen: { readonly storeMs: number; readonly monotonicMs: number } | undefined;

  constructor(store: ObjectStore, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Whether the store's time was read off at least once. */
  get isKnown(): boolean {
    return this.#seen !== undefined;
  }

  /** The store's time now; the machine's own where no object has told it. */
  now(): Date {
    if (this.#seen === undefined) return this.#clock.now();
    return new Date(this.#seen.storeMs + Math.max(0, this.#clock.monotonicMs() - this.#seen.monotonicMs));
  }

  /** Reads the time off an object that was written a moment ago. */
  async readOff(name: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const found = await this.#store.head(name, options);
    this.note(found?.modifiedAt);
  }

  /** Takes in what the store said of an object that was written a moment ago. */
  note(modifiedAt: Date | undefined): void {
    if (modifiedAt === undefined) {
      this.#logger.warn("the store does not say when an object was written: locks go by this machine's clock");
      return;
    }
    const storeMs = modifiedAt.getTime();
    const aheadMs = this.#clock.now().getTime() - storeMs;
    if (Math.abs(aheadMs) > notableSkewMs) {
      this.#logger.warn("this machine's clock is not the store's: points and locks of the immutable repository go by the store's time", { aheadSeconds: Math.round(aheadMs / 1000) });
    }
    this.#seen = { storeMs, monotonicMs: this.#clock.monotonicMs() };
  }
}
