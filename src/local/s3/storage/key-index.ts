/** Keys a chunk holds before it is halved: inserting moves at most this many references. */
const MAX_CHUNK_KEYS = 512;

/**
 * Values by key, in the order of the keys' UTF-8 bytes, as S3 lists them.
 *
 * Inside, a key is a string with one character for each of its UTF-8 bytes: such strings compare with `<` as their bytes do,
 * where JavaScript's own order of strings differs for characters above U+FFFF. Keys of plain ASCII stay the same string.
 */
export class KeyIndex<Value> {
  readonly #values = new Map<string, Value>();
  readonly #chunks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(toSortKey(key));
  }

  set(key: string, value: Value): void {
    const sortKey = toSortKey(key);
    if (!this.#values.has(sortKey)) this.#insert(sortKey);
    this.#values.set(sortKey, value);
  }

  delete(key: string): void {
    const sortKey = toSortKey(key);
    if (!this.#values.delete(sortKey)) return;
    const chunkAt = this.#chunkOf(sortKey);
    const chunk = this.#chunks[chunkAt];
    if (chunk === undefined) throw new Error("The key index has lost a key.");
    chunk.splice(lowerBound(chunk, sortKey), 1);
    if (chunk.length === 0) this.#chunks.splice(chunkAt, 1);
  }

  /** Sort keys (see `toSortKey`) with their values from the first that is not below `from`. The index must not change meanwhile. */
  *entriesFrom(from: string): Generator<readonly [sortKey: string, value: Value]> {
    let chunkAt = this.#chunkOf(from);
    let at = lowerBound(this.#chunks[chunkAt] ?? [], from);
    for (; chunkAt < this.#chunks.length; chunkAt++, at = 0) {
      const chunk = this.#chunks[chunkAt] ?? [];
      for (; at < chunk.length; at++) {
        const sortKey = chunk[at] as string;
        yield [sortKey, this.#values.get(sortKey) as Value];
      }
    }
  }

  values(): Iterable<Value> {
    return this.#values.values();
  }

  #insert(sortKey: string): void {
    const chunkAt = this.#chunkOf(sortKey);
    const chunk = this.#chunks[chunkAt];
    if (chunk === undefined) {
      this.#chunks.push([sortKey]);
      return;
    }
    chunk.splice(lowerBound(chunk, sortKey), 0, sortKey);
    if (chunk.length > MAX_CHUNK_KEYS) this.#chunks.splice(chunkAt + 1, 0, chunk.splice(chunk.length / 2));
  }

  /** The last chunk whose first key is not above `sortKey`, or the first chunk. */
  #chunkOf(sortKey: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.[0] as string) <= sortKey) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function lowerBound(chunk: readonly string[], sortKey: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunk[middle] as string) < sortKey) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A string with one character for each UTF-8 byte of `text`. */
export function toSortKey(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

export function fromSortKey(sortKey: string): string {
  return isAscii(sortKey) ? sortKey : Buffer.from(sortKey, "latin1").toString("utf8");
}

/** The lowest sort key above all that start with `sortPrefix`. UTF-8 has no byte 0xff, so the last one can be raised. */
export function afterPrefix(sortPrefix: string): string {
  const last = sortPrefix.length - 1;
  return sortPrefix.slice(0, last) + String.fromCharCode(sortPrefix.charCodeAt(last) + 1);
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
