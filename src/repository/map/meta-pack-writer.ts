import { createHash } from "node:crypto";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames, type PackId } from "../format/object-names.js";
import { pageCheck, sealPage, type PagePointer, type PageType } from "../format/page.js";
import type { PackDictionary } from "./pack-dictionary.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { putOnce } from "../store/put-once.js";

/** Bytes of pages at which a meta pack is closed and the next begun. */
const targetBytes = 16 * 2 ** 20;

/** Where the root of a block map was written: what the record will say. */
export interface StoredRoot {
  readonly pointer: PagePointer;
  readonly metaPack: PackReference;
}

export interface MetaPackWriterOptions extends SignalOptions {
  /** Called for each meta pack once it is stored. */
  readonly onStored?: (() => void) | undefined;
}

interface OpenMetaPack {
  readonly id: PackId;
  readonly name: string;
  readonly ordinal: number;
  readonly pages: Buffer[];
  length: number;
}

/** Writes pages one after another into meta packs. */
export class MetaPackWriter {
  readonly #context: RepositoryContext;
  readonly #dictionary: PackDictionary;
  readonly #nextPackId: () => PackId;
  readonly #options: MetaPackWriterOptions;
  #current: OpenMetaPack | undefined;

  constructor(context: RepositoryContext, dictionary: PackDictionary, nextPackId: () => PackId, options: MetaPackWriterOptions) {
    this.#context = context;
    this.#dictionary = dictionary;
    this.#nextPackId = nextPackId;
    this.#options = options;
  }

  /** Appends a page; a meta pack that has become large enough is stored first. */
  async append(type: PageType, plain: Buffer): Promise<PagePointer> {
    await this.#roll();
    return this.#append(type, plain);
  }

  /**
   * Writes the map's last pages: dictionary, then root, into one meta pack, and stores it.
   * That pack cannot be in the dictionary that it holds: `ordinal` tells its number, which the record will explain.
   */
  async finish(write: (append: (type: PageType, plain: Buffer) => Promise<PagePointer>, ordinal: number) => Promise<Buffer>): Promise<StoredRoot> {
    await this.#roll();
    const { ordinal } = this.#open();
    const root = await write((type, plain) => Promise.resolve(this.#append(type, plain)), ordinal);
    const pointer = this.#append("root", root);
    return { pointer, metaPack: await this.#store() };
  }

  #open(): OpenMetaPack {
    if (this.#current === undefined) {
      const id = this.#nextPackId();
      this.#current = { id, name: objectNames.pack(id), ordinal: this.#dictionary.allocate(), pages: [], length: 0 };
    }
    return this.#current;
  }

  #append(type: PageType, plain: Buffer): PagePointer {
    const pack = this.#open();
    const page = sealPage(this.#context.keys, pack.name, pack.length, type, plain);
    const pointer: PagePointer = { ordinal: pack.ordinal, offset: pack.length, length: page.length, check: Buffer.from(pageCheck(plain)) };
    pack.pages.push(page);
    pack.length += page.length;
    return pointer;
  }

  async #roll(): Promise<void> {
    if (this.#current === undefined || this.#current.length < targetBytes) return;
    const { ordinal } = this.#current;
    this.#dictionary.resolve(ordinal, await this.#store());
  }

  async #store(): Promise<PackReference> {
    const pack = this.#open();
    const sha256 = createHash("sha256");
    for (const page of pack.pages) sha256.update(page);
    const digest = sha256.digest();
    const lock = this.#context.locks?.lockNow();
    const { versionId } = await putOnce(this.#context.store, pack.name, pack.pages, { sha256: digest, lock, signal: this.#options.signal });
    this.#options.onStored?.();
    this.#current = undefined;
    return { id: pack.id, sizeBytes: pack.length, sha256: digest.subarray(0, 16), versionId, lockedUntilMs: lock?.until.getTime() ?? 0 };
  }
}
