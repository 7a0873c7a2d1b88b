import { BlockSegment } from "./block-segment.js";

/** Segments grow one after another, so that growing needs no second table: about this large when the budget is used up. */
const fullSegmentBytes = 64 * 1024;
const maxSegmentBits = 12;
/** How full, compared with what comes, a table still makes room at once. */
const maxSizeToReserve = 0.1;
/** One block in 2^15: with a budget of 384 MiB enough for 10^12 blocks. */
export const maxSampling = 15;

/**
 * Block -> number of its pack, for as many blocks as the budget holds. What would not fit is sampled: only blocks whose
 * fingerprint ends in `sampling` zero bits are kept, and the table is thinned where more come. Block ids are keyed hashes,
 * so that their own bits spread and sample them.
 *
 * A block is known by the first 8 bytes of its id: `high` and `low`, 32 bits each. The table compares the segment's bits of
 * `high` and all of `low`: 44 bits of a full-size table, so that of 10^7 blocks about three take another's place.
 */
export class BlockTable {
  readonly #segments: BlockSegment[];
  readonly #segmentShift: number;
  #limitBytes: number;
  #memoryBytes: number;
  #size = 0;
  #sampling = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    const bits = Math.max(1, Math.min(maxSegmentBits, Math.floor(Math.log2(limitBytes / fullSegmentBytes))));
    this.#segmentShift = 32 - bits;
    this.#segments = Array.from({ length: 2 ** bits }, () => new BlockSegment());
    this.#memoryBytes = this.#segments.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  }

  /** Entries in the table. */
  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** One block of 2^sampling is in the table. */
  get sampling(): number {
    return this.#sampling;
  }

  /** How much memory the table may take from now on; thins it until it does. */
  limit(bytes: number): void {
    this.#limitBytes = bytes;
    while (this.#memoryBytes > bytes && this.#sampling < maxSampling) this.#thin();
  }

  /**
   * Makes room for `entries` more at once, sampled as much as they need to fit. Not for a few beside many: those may well be
   * here already, and a table is not thinned for what may not come.
   */
  reserve(entries: number): void {
    if (this.#size > entries * maxSizeToReserve) return;
    const perSegment = (): number => (this.#size + entries / 2 ** this.#sampling) / this.#segments.length;
    const bytes = (): number => BlockSegment.reservedBytes(perSegment()) * this.#segments.length;
    while (this.#sampling < maxSampling && bytes() > this.#limitBytes) this.#thin();
    if (bytes() > this.#limitBytes) return;
    for (const segment of this.#segments) this.#count(segment, () => { segment.reserve(perSegment()); });
  }

  get(high: number, low: number): number | undefined {
    return this.#segments[high >>> this.#segmentShift]?.get(low);
  }

  /** Sets an entry over an older one of this block; one that is not in the sample is left out. */
  set(high: number, low: number, value: number): void {
    const segment = this.#segments[high >>> this.#segmentShift];
    if (segment === undefined || !isSampled(low, this.#sampling)) return;
    if (segment.isFull) {
      if (this.#memoryBytes + segment.growthBytes > this.#limitBytes) {
        // a table that cannot be thinned any more keeps what it has: it is a cache
        if (this.#sampling === maxSampling) return;
        this.#thin();
        this.set(high, low, value);
        return;
      }
      this.#count(segment, () => { segment.grow(); });
    }
    if (segment.set(low, value)) this.#size++;
  }

  #thin(): void {
    this.#sampling++;
    this.#size = 0;
    for (const segment of this.#segments) {
      this.#count(segment, () => { segment.keep((low) => isSampled(low, this.#sampling)); });
      this.#size += segment.size;
    }
  }

  #count(segment: BlockSegment, change: () => void): void {
    const before = segment.memoryBytes;
    change();
    this.#memoryBytes += segment.memoryBytes - before;
  }
}

/** Whether a block is in a sample of one in 2^sampling. */
export function isSampled(low: number, sampling: number): boolean {
  return (low & (2 ** sampling - 1)) === 0;
}

