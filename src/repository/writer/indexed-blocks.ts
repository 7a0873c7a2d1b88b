import { ConflictError, HoldfastError } from "../../errors/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import type { PackContents } from "../index/pack-contents.js";
import { readPackDirectory } from "../pack/read-directory.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** A block that the repository holds, with the pack that proves it. */
export interface IndexedBlock {
  readonly entry: DirectoryEntry;
  readonly reference: PackReference;
}

/**
 * What one writer session finds through the dedup index. A hit counts only after the pack was seen in the store since the
 * session's lease is visible (from then on no collection removes it without waiting for the session), and after the pack's
 * own directory has shown the whole block id.
 */
export class IndexedBlocks {
  readonly #context: RepositoryContext;
  readonly #options: SignalOptions;
  /** Packs of the index that this session has seen or stored. */
  readonly #seen = new Set<number>();
  #isRefreshed = false;

  constructor(context: RepositoryContext, options: SignalOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** This session stored the pack itself. */
  noteStored(pack: number): void {
    this.#seen.add(pack);
  }

  async find(blockId: Buffer): Promise<IndexedBlock | undefined> {
    const { index } = this.#context;
    if (!this.#isRefreshed) {
      await index.refresh(this.#context, this.#options);
      this.#isRefreshed = true;
    }
    const pack = index.packOf(blockId);
    const reference = pack === undefined ? undefined : index.reference(pack);
    if (pack === undefined || reference === undefined) return undefined;
    const entry = (await this.#contents(pack, reference))?.find(blockId);
    return entry === undefined ? undefined : { entry, reference };
  }

  async #contents(pack: number, reference: PackReference): Promise<PackContents | undefined> {
    const { index, store, logger } = this.#context;
    const name = objectNames.pack(reference.id);
    const atHand = index.contents(pack);
    if (atHand !== undefined && this.#seen.has(pack)) return atHand;
    try {
      // without a version: a pack that lies behind a delete marker is about to go, whoever pins its version
      if (atHand !== undefined) {
        const found = await store.head(name, this.#options);
        if (found !== undefined && isThePack(found, reference)) {
          this.#seen.add(pack);
          return atHand;
        }
      } else {
        const directory = await readPackDirectory(this.#context, name, this.#options);
        if (isThePack(directory, reference)) {
          this.#seen.add(pack);
          return index.keepContents(pack, directory.entries);
        }
      }
      logger.warn("the dedup index names a pack that is gone or another: it is left aside", { object: name });
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && (error.name === "IntegrityError" || error.code === "ObjectNotFound"))) throw error;
      if (error.code === "ObjectNotFound" && this.#seen.has(pack)) {
        throw new ConflictError(`${name} vanished while this run relied on it. Nothing was committed. Run it again, and find out who deletes objects of the repository.`, {
          code: "PackVanished",
          retryable: true,
          context: { object: name },
          cause: error,
        });
      }
      logger.warn("the dedup index names a pack that cannot be used: it is left aside", { object: name, error: error.message });
    }
    index.drop(pack);
    return undefined;
  }
}

/** Names are never used twice, so another size or version is no pack of this repository's making. */
function isThePack(found: { readonly sizeBytes: number; readonly versionId?: string | undefined }, reference: PackReference): boolean {
  const isThatVersion = reference.versionId === undefined || found.versionId === undefined || found.versionId === reference.versionId;
  return found.sizeBytes === reference.sizeBytes && isThatVersion;
}
