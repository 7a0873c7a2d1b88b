import type { PagePointer } from "../format/page.js";

/** Bytes kept of one map: what came with its root, and for two who walk its leaves at different places what lies ahead of each. */
const maxKeptBytes = 2 ** 20;

interface KeptRange {
  readonly ordinal: number;
  readonly start: number;
  readonly end: number;
  /** Nothing where the read failed: whoever wants a page in it reads it himself. */
  readonly bytes: Promise<Buffer | undefined>;
}

/**
 * Bytes of meta packs that came along with a page that was wanted, or are on their way with one. They prove nothing: a page in them is proven when it is opened, like any other,
 * and one that does not open is read from the store before it is called damaged.
 */
export class PagesAtHand {
  /** The last used last. */
  readonly #ranges = new Set<KeptRange>();
  #keptBytes = 0;

  /** The bytes of a page that are at hand, or on their way: nothing where the read that was to bring them fails. It is known at once whether there are any. */
  find(page: PagePointer): Promise<Buffer | undefined> | undefined {
    const range = this.#rangeOf(page);
    if (range === undefined) return undefined;
    this.#ranges.delete(range);
    this.#ranges.add(range);
    return range.bytes.then((bytes) => bytes?.subarray(page.offset - range.start, page.offset - range.start + page.length));
  }

  /** Whether the bytes of a page are at hand, or on their way. */
  has(page: PagePointer): boolean {
    return this.#rangeOf(page) !== undefined;
  }

  /** Keeps the bytes of a range of a meta pack once they come. */
  keep({ ordinal, start, end }: { readonly ordinal: number; readonly start: number; readonly end: number }, reading: Promise<Buffer>): void {
    const range: KeptRange = { ordinal, start, end, bytes: reading.catch(() => undefined) };
    this.#ranges.add(range);
    this.#keptBytes += end - start;
    reading.catch(() => {
      this.#forget(range);
    });
    for (const oldest of this.#ranges) {
      if (this.#keptBytes <= maxKeptBytes) break;
      this.#forget(oldest);
    }
  }

  #rangeOf({ ordinal, offset, length }: PagePointer): KeptRange | undefined {
    for (const range of this.#ranges) if (range.ordinal === ordinal && range.start <= offset && offset + length <= range.end) return range;
    return undefined;
  }

  #forget(range: KeptRange): void {
    if (this.#ranges.delete(range)) this.#keptBytes -= range.end - range.start;
  }
}
