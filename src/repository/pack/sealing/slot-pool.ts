import type { ThreadSlot } from "./block-threads.js";

/** A fixed number of slots, made when they are needed: whoever wants one while all are held waits, in turn. */
export class SlotPool<Slot extends ThreadSlot & { clear(): void }> {
  readonly #make: () => Slot;
  readonly #maxSlots: number;
  readonly #free: Slot[] = [];
  readonly #waiting: ((slot: Slot) => void)[] = [];
  #made = 0;

  constructor(maxSlots: number, make: () => Slot) {
    this.#maxSlots = maxSlots;
    this.#make = make;
  }

  take(signal?: AbortSignal): Promise<Slot> | Slot {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made === this.#maxSlots) return this.#turn(signal);
    this.#made++;
    return this.#make();
  }

  /** Gives a slot back; with what was secret in it gone. */
  give(slot: Slot): void {
    slot.clear();
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next(slot);
  }

  /** What gives a slot back, once however often it is called. */
  releaseOf(slot: Slot): () => void {
    let isHeld = true;
    return () => {
      if (isHeld) this.give(slot);
      isHeld = false;
    };
  }

  /** Lets go of the memory of slots that nobody holds. */
  drop(): void {
    this.#made -= this.#free.length;
    this.#free.length = 0;
  }

  async #turn(signal: AbortSignal | undefined): Promise<Slot> {
    signal?.throwIfAborted();
    return await new Promise<Slot>((resolve, reject) => {
      const enter = (slot: Slot): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve(slot);
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(enter);
    });
  }
}
