import { ConflictError, HoldfastError } from "../../errors/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames, type PackId } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import { versionCheckOf, type KnownPack } from "../index/pack-table.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import { lookIntoPack, type PackDirectory } from "../pack/read-directory.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isThePack } from "./is-the-pack.js";
import { takeInLeftovers, type RunOfStream } from "./leftover-packs.js";

/** Blocks found in one pack one after another, from which on its session's next pack is fetched: they are being read in the order in which they were stored. */
const blocksOfARun = 2;
/** Packs of which is remembered that the next one was fetched. */
const rememberedPacks = 1000;

/** A block that the repository holds, with the pack that proves it. */
export interface IndexedBlock {
  readonly entry: DirectoryEntry;
  readonly reference: PackReference;
}

/** Which packs a session must not rely on. */
export type IsCondemned = (pack: PackId) => boolean;

const never: IsCondemned = () => false;

/**
 * What one writer session finds through the dedup index. A hit counts only after the pack was seen in the store since the
 * session's lease is visible (from then on no collection removes it without waiting for the session), and after the pack's
 * own directory has shown the whole block id; never in a pack that a collection has condemned. The index is a cache: whatever of it
 * cannot be read is left aside.
 */
export class IndexedBlocks {
  readonly #context: RepositoryContext;
  readonly #options: SignalOptions;
  readonly #isCondemned: IsCondemned;
  readonly #runOfStream: RunOfStream | undefined;
  /** Packs of the index that this session has seen or stored. */
  readonly #seen = new Set<number>();
  /** Packs that could not be asked: this session stores their blocks anew, another may have more luck. */
  readonly #leftAside = new Set<number>();
  /** The pack in which the last block was found, and how many one after another. */
  #run = { pack: -1, blocks: 0 };
  readonly #followed = new LeastRecentlyUsed<number, true>(rememberedPacks);
  /** The next pack on its way. Never rejects: a failure is raised by the next call. */
  #ahead: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isRefreshed = false;
  #isFull = false;

  /** With `runOfStream`, what runs of the same stream that died had stored is found too, whether or not a run of the index tells of it. */
  constructor(context: RepositoryContext, options: SignalOptions, isCondemned: IsCondemned = never, runOfStream?: RunOfStream) {
    this.#runOfStream = runOfStream;
    this.#context = context;
    this.#options = options;
    this.#isCondemned = isCondemned;
  }

  /** This session stored the pack itself; `undefined`: the index had no room for it. */
  noteStored(pack: number | undefined): void {
    if (pack !== undefined) this.#seen.add(pack);
    else if (!this.#isFull) {
      this.#isFull = true;
      this.#context.logger.warn("the dedup index does not fit into its memory budget: blocks of this run that come twice may be stored twice");
    }
  }

  /** Reads what others have told the index, once a session. */
  async refresh(): Promise<void> {
    await this.#refresh();
  }

  async find(blockId: Buffer): Promise<IndexedBlock | undefined> {
    await this.#refresh();
    this.#throwIfFailed();
    const found = await this.#lookUp(blockId);
    if (found !== undefined || this.#ahead === undefined) return found;
    await this.#ahead;
    this.#throwIfFailed();
    return await this.#lookUp(blockId);
  }

  /** Looks into the directories at hand, then where the table of blocks leads. Each pack that cannot be relied on is asked once. */
  async #lookUp(blockId: Buffer): Promise<IndexedBlock | undefined> {
    const { index } = this.#context;
    for (;;) {
      const atHand = index.atHand(blockId, (pack) => this.#mayUse(pack));
      if (atHand !== undefined) {
        if (!(await this.#isThere(atHand.pack, atHand.reference))) continue;
        return this.#found(atHand.pack, atHand);
      }
      const pack = index.packOf(blockId);
      // a pack at hand does not hold it: another block's id begins alike
      if (pack === undefined || !this.#mayUse(pack) || index.isAtHand(pack)) return undefined;
      const directory = await this.#open(pack);
      const entry = directory?.entries.find((one) => one.blockId.equals(blockId));
      if (directory === undefined || entry === undefined) return undefined;
      return this.#found(pack, { entry, reference: directory.reference });
    }
  }

  #mayUse(pack: number): boolean {
    if (this.#leftAside.has(pack)) return false;
    if (this.#isCondemned === never) return this.#context.index.isKnown(pack);
    const id = this.#context.index.packId(pack);
    return id !== undefined && !this.#isCondemned(id);
  }

  /** Follows the order in which blocks were stored: beyond a pack's last block come those of the next one. */
  #found(pack: number, { entry, reference }: IndexedBlock): IndexedBlock {
    this.#run = { pack, blocks: this.#run.pack === pack ? this.#run.blocks + 1 : 1 };
    const { index } = this.#context;
    // where every block is found by itself, so is the next pack's first
    if (index.isSampled && this.#run.blocks >= blocksOfARun && this.#ahead === undefined && this.#followed.get(pack) === undefined) {
      this.#followed.set(pack, true);
      const next = index.packAfter(pack);
      if (next !== undefined && !index.isAtHand(next) && this.#mayUse(next)) this.#fetchAhead(next);
    }
    return { entry, reference };
  }

  #fetchAhead(pack: number): void {
    this.#ahead = this.#open(pack)
      .then(() => undefined)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#ahead = undefined;
      });
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #refresh(): Promise<void> {
    if (this.#isRefreshed) return;
    const { index, logger } = this.#context;
    try {
      await index.refresh(this.#context, this.#options);
      if (this.#runOfStream !== undefined) await takeInLeftovers(this.#context, this.#runOfStream, this.#options);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      logger.warn("the dedup index could not be read: blocks that it knows may be stored again", { error: error.message });
    }
    this.#isRefreshed = true;
  }

  /** Whether a pack whose directory is at hand is still in the store as it was. Asked once a session. */
  async #isThere(pack: number, reference: PackReference): Promise<boolean> {
    if (this.#seen.has(pack)) return true;
    const { store } = this.#context;
    const isThere = await this.#ask(pack, reference.id, async (name) => {
      // without a version: a pack that lies behind a delete marker is about to go
      const found = await store.head(name, this.#options);
      return found !== undefined && isThePack(found, reference) ? true : undefined;
    });
    return isThere === true;
  }

  /** Reads a pack's directory, which proves that the pack is there, and keeps it at hand. */
  async #open(pack: number): Promise<{ readonly reference: PackReference; readonly entries: readonly DirectoryEntry[] } | undefined> {
    const { index } = this.#context;
    const known = index.pack(pack);
    if (known === undefined) return undefined;
    return await this.#ask(pack, known.id, async () => {
      const found = await lookIntoPack(this.#context, known.id, this.#options);
      const reference = found === undefined ? undefined : referenceOf(known, found);
      if (found === undefined || reference === undefined) return undefined;
      index.keepDirectory(pack, reference, found.entries);
      return { reference, entries: found.entries };
    });
  }

  /** Asks the store for a pack: what `look` gives, or nothing where the pack is gone, another, damaged or cannot be asked; it is not asked again. */
  async #ask<T>(pack: number, id: PackId, look: (name: string) => Promise<T | undefined>): Promise<T | undefined> {
    const { index, logger } = this.#context;
    const name = objectNames.pack(id);
    try {
      const found = await look(name);
      if (found !== undefined) {
        this.#seen.add(pack);
        return found;
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
    if (this.#seen.has(pack)) {
      throw new ConflictError(`${name} vanished while this run relied on it. Nothing was committed. Run it again, and find out who deletes objects of the repository.`, {
        code: "PackVanished",
        retryable: true,
        context: { object: name },
      });
    }
    logger.warn("the dedup index names a pack that is gone or another: it is left aside", { object: name });
    return undefined;
  }
}

/** The pack as it was found, where it is the one that the index knows. Its size is what its own directory says. */
function referenceOf(known: KnownPack, found: PackDirectory): PackReference | undefined {
  if (known.reference !== undefined) return isThePack(found, known.reference) ? known.reference : undefined;
  const isThatVersion = known.versionCheck === 0 || found.versionId === undefined || known.versionCheck === versionCheckOf(found.versionId);
  return isThatVersion ? { id: known.id, sizeBytes: found.sizeBytes, sha256: found.sha256?.subarray(0, 16) ?? Buffer.alloc(16), versionId: found.versionId, lockedUntilMs: 0 } : undefined;
}
