import type { Random } from "../ports/index.js";

const step = 0x6d2b79f5;
const range = 2 ** 32;

/** Random numbers that are the same in every run with the same seed (mulberry32): for tests alone, never for keys. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed = 1) {
    this.#state = seed >>> 0;
  }

  /** The next bytes of the seed's sequence. */
  bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let at = 0; at < count; at++) bytes.writeUInt8(Math.floor(this.fraction() * 256), at);
    return bytes;
  }

  fraction(): number {
    this.#state = (this.#state + step) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / range;
  }
}
