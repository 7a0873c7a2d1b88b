import { ConflictError } from "../errors/index.js";
import { optionError } from "../options/option-error.js";
import { blockSizeBytes, type BlockChange, type BlockData, type BlockReader, type BlockReference } from "../ports/index.js";
import type { OpenImage } from "./image-sources.js";
import type { ToldChanges } from "./image-backup-options.js";

/** What is known of the point since which changes are told. */
export interface ToldBase {
  readonly id: string;
  readonly sizeBytes: number;
}

/**
 * An image of which somebody told what changed. Its listing names every block, whether or not it holds data: which do is found by
 * reading, and only few are read.
 */
export class ToldImage implements BlockReader {
  readonly source: string;
  readonly volumeSizeBytes: number;
  readonly isReusedName = true;
  readonly #image: OpenImage;
  readonly #changes: ToldChanges;
  readonly #base: ToldBase | undefined;
  readonly #blocks: number;
  #isTold = false;

  /** Without `base` there is no such point any more. */
  constructor(image: OpenImage, changes: ToldChanges, base: ToldBase | undefined) {
    this.#image = image;
    this.#changes = changes;
    this.#base = base;
    this.source = image.source;
    this.volumeSizeBytes = image.volumeSizeBytes;
    this.#blocks = Math.ceil(image.volumeSizeBytes / blockSizeBytes);
  }

  async *blocks(options: { readonly startIndex?: number | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<BlockReference> {
    // a full backup after all: then what holds data is worth a look
    if (!this.#isTold) {
      yield* this.#image.blocks(options);
      return;
    }
    for (let index = options.startIndex ?? 0; index < this.#blocks; index++) yield await Promise.resolve({ index });
  }

  /** The blocks that were told, and those by which the image grew; `ConflictError` (`UnrelatedSnapshots`) where they were told since another point, or the image shrank. */
  async *changesSince(base: string, { startIndex = 0 }: { readonly startIndex?: number | undefined } = {}): AsyncGenerator<BlockChange> {
    const cannotTell = (reason: string): ConflictError => new ConflictError(reason, { code: "UnrelatedSnapshots", context: { since: this.#changes.since, newest: base } });
    if (this.#changes.since !== base) throw cannotTell(`they were told since ${this.#changes.since}`);
    if (this.#base?.id !== base) throw cannotTell("that restore point is there no more");
    if (this.#base.sizeBytes > this.volumeSizeBytes) throw cannotTell(`the image shrank from ${String(this.#base.sizeBytes)} to ${String(this.volumeSizeBytes)} bytes`);
    this.#isTold = true;
    // the last block may have been a part of one
    const grownFrom = this.#base.sizeBytes === this.volumeSizeBytes ? this.#blocks : Math.floor(this.#base.sizeBytes / blockSizeBytes);
    for await (const index of this.#told()) if (index >= startIndex && index < grownFrom) yield { index, reference: { index } };
    for (let index = Math.max(startIndex, grownFrom); index < this.#blocks; index++) yield { index, reference: { index } };
  }

  async read(reference: BlockReference): Promise<BlockData> {
    return await this.#image.read(reference);
  }

  async close(): Promise<void> {
    await this.#image.close();
  }

  async *#told(): AsyncGenerator<number> {
    let last = -1;
    for await (const index of this.#changes.blocks) {
      if (!Number.isSafeInteger(index) || index <= last || index >= this.#blocks) {
        throw optionError("changes.blocks", `must be numbers of blocks from 0 to ${String(this.#blocks - 1)}, ascending, each once. ${String(index)} came after ${String(last)}.`);
      }
      last = index;
      yield index;
    }
  }
}
