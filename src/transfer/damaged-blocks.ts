import type { CheckpointContent } from "../repository/format/checkpoint.js";
import type { BlockChange, BlockReader, BlockReference, CallOptions } from "../ports/index.js";

/** Blocks of the listing that are walked over to the next damaged one; beyond, the listing is asked to begin there. */
const maxWalk = 4_096;

/** A block to read: changed since the base, or unchanged and damaged where it is stored. */
export interface BlockToRead extends BlockChange {
  readonly isDamaged?: boolean | undefined;
  /** What an earlier run had read there, and the repository holds. */
  readonly known?: CheckpointContent | undefined;
}

/**
 * The changes and, where no change names them, the blocks whose stored data is damaged: ascending, each once. What the
 * source does not list any more reads as zeros now, as a change without a reference says.
 */
export async function* withDamagedBlocks(changes: AsyncIterable<BlockToRead>, damaged: AsyncIterable<number>, reader: BlockReader, options: CallOptions): AsyncGenerator<BlockToRead> {
  const references = new ListedReferences(reader, options);
  const damagedIndexes = damaged[Symbol.asyncIterator]();
  try {
    let next = await damagedIndexes.next();
    const before = async function* (limit: number): AsyncGenerator<BlockToRead> {
      for (; next.done !== true && next.value < limit; next = await damagedIndexes.next()) {
        const reference = await references.find(next.value);
        yield { index: next.value, isDamaged: true, ...(reference !== undefined && { reference }) };
      }
    };
    for await (const change of changes) {
      yield* before(change.index);
      if (next.done !== true && next.value === change.index) next = await damagedIndexes.next();
      yield change;
    }
    yield* before(Infinity);
  } finally {
    await references.close();
    await damagedIndexes.return?.();
  }
}

/** Finds references of ascending indexes in a source's listing, which names blocks by their order alone. */
export class ListedReferences {
  readonly #reader: BlockReader;
  readonly #options: CallOptions;
  #listing: AsyncIterator<BlockReference> | undefined;
  /** The first listed block at or after the last index asked for; nothing at the listing's end. */
  #current: BlockReference | undefined;
  #isEnded = false;

  constructor(reader: BlockReader, options: CallOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  async find(index: number): Promise<BlockReference | undefined> {
    if (this.#listing === undefined || (!this.#isEnded && index - (this.#current?.index ?? 0) > maxWalk)) await this.#open(index);
    while (!this.#isEnded && (this.#current === undefined || this.#current.index < index)) await this.#step();
    return this.#current?.index === index ? this.#current : undefined;
  }

  async close(): Promise<void> {
    await this.#listing?.return?.();
    this.#listing = undefined;
  }

  async #open(startIndex: number): Promise<void> {
    await this.close();
    this.#current = undefined;
    this.#listing = this.#reader.blocks({ startIndex, signal: this.#options.signal })[Symbol.asyncIterator]();
  }

  async #step(): Promise<void> {
    const next = await this.#listing?.next();
    this.#isEnded = next?.done !== false;
    this.#current = next?.done === false ? next.value : undefined;
  }
}
