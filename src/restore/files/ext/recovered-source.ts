import type { CallOptions } from "../../../ports/index.js";
import type { ByteSource, Extent } from "../../bytes/byte-source.js";
import { journalMagic, type JournalledBlock } from "./journal.js";

/** A file system as its recovery would leave it: blocks that are newer in the journal are read there. */
export class RecoveredSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #source: ByteSource;
  readonly #blockBytes: number;
  readonly #blocks: ReadonlyMap<number, JournalledBlock>;
  readonly #journalPlace: (journalBlock: number) => number;

  /** `journalPlace`: where a block of the journal lies in `source`, in bytes. */
  constructor(source: ByteSource, blockBytes: number, blocks: ReadonlyMap<number, JournalledBlock>, journalPlace: (journalBlock: number) => number) {
    this.sizeBytes = source.sizeBytes;
    this.#source = source;
    this.#blockBytes = blockBytes;
    this.#blocks = blocks;
    this.#journalPlace = journalPlace;
  }

  async read(offset: number, length: number, options: CallOptions = {}): Promise<Buffer> {
    const bytes = this.#blocks.size === 0 ? undefined : await this.#patched(offset, length, options);
    return bytes ?? (await this.#source.read(offset, length, options));
  }

  async extents(offset: number, length: number, options?: CallOptions): Promise<Extent[]> {
    return await this.#source.extents(offset, length, options);
  }

  async #patched(offset: number, length: number, options: CallOptions): Promise<Buffer | undefined> {
    const newer: [number, JournalledBlock][] = [];
    for (let block = Math.floor(offset / this.#blockBytes); block * this.#blockBytes < offset + length; block++) {
      const journalled = this.#blocks.get(block);
      if (journalled !== undefined) newer.push([block, journalled]);
    }
    if (newer.length === 0) return undefined;
    const bytes = await this.#source.read(offset, length, options);
    for (const [block, { journalBlock, isEscaped }] of newer) {
      const content = await this.#source.read(this.#journalPlace(journalBlock), this.#blockBytes, options);
      if (isEscaped) journalMagic.copy(content);
      const start = block * this.#blockBytes - offset;
      content.copy(bytes, Math.max(0, start), Math.max(0, -start), Math.min(this.#blockBytes, length - start));
    }
    return bytes;
  }
}
