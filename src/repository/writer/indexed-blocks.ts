import { ConflictError, HoldfastError } from "../../errors/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import type { PackContents } from "../index/pack-contents.js";
import { readPackDirectory } from "../pack/read-directory.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isThePack } from "./is-the-pack.js";

/** A block that the repository holds, with the pack that proves it. */
export interface IndexedBlock {
  readonly entry: DirectoryEntry;
  readonly reference: PackReference;
}

/**
 * What one writer session finds through the dedup index. A hit counts only after the pack was seen in the store since the
 * session's lease is visible (from then on no collection removes it without waiting for the session), and after the pack's
 * own directory has shown the whole block id. The index is a cache: whatever of it cannot be read is left aside.
 */
export class IndexedBlocks {
  readonly #context: RepositoryContext;
  readonly #options: SignalOptions;
  /** Packs of the index that this session has seen or stored. */
  readonly #seen = new Set<number>();
  /** Packs that could not be asked: this session stores their blocks anew, another may have more luck. */
  readonly #leftAside = new Set<number>();
  #isRefreshed = false;
  #isFull = false;

  constructor(context: RepositoryContext, options: SignalOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** This session stored the pack itself; `undefined`: the index had no room for it. */
  noteStored(pack: number | undefined): void {
    if (pack !== undefined) this.#seen.add(pack);
    else if (!this.#isFull) {
      this.#isFull = true;
      this.#context.logger.warn("the dedup index does not fit into its memory budget: blocks of this run that come twice may be stored twice");
    }
  }

  async find(blockId: Buffer): Promise<IndexedBlock | undefined> {
    const { index } = this.#context;
    await this.#refresh();
    const pack = index.packOf(blockId);
    const reference = pack === undefined ? undefined : index.reference(pack);
    if (pack === undefined || reference === undefined || this.#leftAside.has(pack)) return undefined;
    const entry = (await this.#contents(pack, reference))?.find(blockId);
    return entry === undefined ? undefined : { entry, reference };
  }

  async #refresh(): Promise<void> {
    if (this.#isRefreshed) return;
    const { index, logger } = this.#context;
    try {
      await index.refresh(this.#context, this.#options);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      logger.warn("the dedup index could not be read: blocks that it knows may be stored again", { error: error.message });
    }
    this.#isRefreshed = true;
  }

  /** What lies in the pack, or nothing where it cannot be relied on. */
  async #contents(pack: number, reference: PackReference): Promise<PackContents | undefined> {
    const { index, logger } = this.#context;
    const isSeen = this.#seen.has(pack);
    const atHand = index.contents(pack);
    if (atHand !== undefined && isSeen) return atHand;
    const name = objectNames.pack(reference.id);
    try {
      const contents = await this.#look(pack, reference, atHand);
      if (contents !== undefined) {
        this.#seen.add(pack);
        return contents;
      }
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      if (error.name === "IntegrityError") index.drop(pack);
      else this.#leftAside.add(pack);
      logger.warn("the dedup index names a pack that cannot be read: it is left aside", { object: name, error: error.message });
      return undefined;
    }
    index.drop(pack);
    if (isSeen) {
      throw new ConflictError(`${name} vanished while this run relied on it. Nothing was committed. Run it again, and find out who deletes objects of the repository.`, {
        code: "PackVanished",
        retryable: true,
        context: { object: name },
      });
    }
    logger.warn("the dedup index names a pack that is gone or another: it is left aside", { object: name });
    return undefined;
  }

  /** Asks the store for the pack; nothing where it is gone or another. Without a version: a pack that lies behind a delete marker is about to go. */
  async #look(pack: number, reference: PackReference, atHand: PackContents | undefined): Promise<PackContents | undefined> {
    const { index, store } = this.#context;
    const name = objectNames.pack(reference.id);
    if (atHand !== undefined) {
      const found = await store.head(name, this.#options);
      return found !== undefined && isThePack(found, reference) ? atHand : undefined;
    }
    try {
      const directory = await readPackDirectory(this.#context, name, this.#options);
      return isThePack(directory, reference) ? index.keepContents(pack, directory.entries) : undefined;
    } catch (error) {
      if (HoldfastError.isInstance(error) && error.code === "ObjectNotFound") return undefined;
      throw error;
    }
  }
}
