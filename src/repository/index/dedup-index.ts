import type { PackReference } from "../format/dictionary-page.js";
import type { PackId } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import type { SignalOptions } from "../signal-options.js";
import { BlockTable } from "./block-table.js";
import { DirectoriesAtHand, type BlockAtHand } from "./directories-at-hand.js";
import type { ResolvedIndexOptions } from "./index-options.js";
import type { IndexSource } from "./index-source.js";
import { loadIndex, type IndexIntake } from "./load-index.js";
import { PackTable, versionCheckOf, type KnownPack } from "./pack-table.js";

/** Shares of the budget. What directories and packs leave is the table's. */
const directoriesShare = 1 / 12;
const maxPacksShare = 1 / 2;
const packDetailsShare = 1 / 16;
/** About what a whole reference takes. */
const packDetailBytes = 100;
/** About what the name of a known run takes. */
const nameBytes = 160;

/** What of the dedup index is in memory. */
export interface IndexStatistics {
  /** Blocks that are found by themselves; all others only beside blocks that are. */
  readonly blocks: number;
  /** Of so many blocks one is found by itself: 1 as long as all fit into the budget. */
  readonly sampledOneIn: number;
  /** Packs that are known. */
  readonly packs: number;
  /** Packs whose directories are at hand. */
  readonly directories: number;
  /** What all of it takes. */
  readonly memoryBytes: number;
  /** Stored runs that were read. */
  readonly loadedRuns: number;
  /** Merged levels that were read. */
  readonly loadedLevels: number;
  /** Runs and levels that could not be opened, or not whole: their blocks may be stored again. */
  readonly damaged: number;
  /** Whether packs had no room: their blocks may be stored again. */
  readonly isFull: boolean;
}

/**
 * Which pack a block may lie in: one for all writers of an opened repository, filled from what is stored of the index and by
 * the packs that this process stores. A cache, never a proof: whoever finds a pack here looks into the pack's own directory
 * before relying on it. Where not all blocks fit into the budget, one of several is kept; the directory that it leads to shows those
 * beside it.
 */
export class DedupIndex {
  readonly #memoryBytes: number;
  readonly #blocks: BlockTable;
  readonly #packs: PackTable;
  readonly #directories: DirectoriesAtHand;
  readonly #knownNames = new Set<string>();
  #loads: Promise<unknown> = Promise.resolve();
  #loadedRuns = 0;
  #loadedLevels = 0;
  #damaged = 0;

  constructor({ memoryBytes }: ResolvedIndexOptions) {
    this.#memoryBytes = memoryBytes;
    this.#packs = new PackTable(memoryBytes * maxPacksShare, memoryBytes * packDetailsShare);
    this.#directories = new DirectoriesAtHand(memoryBytes * directoriesShare);
    this.#blocks = new BlockTable(this.#tableBytes);
  }

  get statistics(): IndexStatistics {
    return {
      blocks: this.#blocks.size,
      sampledOneIn: 2 ** this.#blocks.sampling,
      packs: this.#packs.size,
      directories: this.#directories.size,
      memoryBytes: this.#blocks.memoryBytes + this.#packs.memoryBytes + this.#directories.memoryBytes + this.#namesBytes,
      loadedRuns: this.#loadedRuns,
      loadedLevels: this.#loadedLevels,
      damaged: this.#damaged,
      isFull: this.#packs.isFull,
    };
  }

  /** Whether not all blocks are found by themselves any more. */
  get isSampled(): boolean {
    return this.#blocks.sampling > 0;
  }

  /** Reads what was stored since the last time. One reading at a time. */
  async refresh(source: IndexSource, options: SignalOptions = {}): Promise<void> {
    const loading = this.#loads.then(async () => {
      const wasFull = this.#packs.isFull;
      await loadIndex(source, this.#intake(), options);
      if (this.#packs.isFull && !wasFull) source.logger.warn("the packs of the dedup index do not fit into its memory budget: some known blocks will be stored again", { packs: this.#packs.size });
    });
    // a failed reading is raised to whoever asked; the next one starts afresh
    this.#loads = loading.catch(() => undefined);
    await loading;
  }

  /** The pack that a block may lie in. */
  packOf(blockId: Buffer): number | undefined {
    return this.#blocks.get(blockId.readUInt32BE(0), blockId.readUInt32BE(4));
  }

  /** Whether a pack is known and was not dropped. */
  isKnown(pack: number): boolean {
    return this.#packs.isKnown(pack);
  }

  /** Which pack this is; nothing where it was dropped. */
  packId(pack: number): PackId | undefined {
    return this.#packs.id(pack);
  }

  /** What is known of a pack; nothing where it was dropped. */
  pack(pack: number): KnownPack | undefined {
    return this.#packs.get(pack);
  }

  /** The pack that the same session stored after this one. */
  packAfter(pack: number): number | undefined {
    return this.#packs.next(pack);
  }

  /** Where the block lies as a directory at hand says, in a pack that `mayUse` allows. */
  atHand(blockId: Buffer, mayUse: (pack: number) => boolean): BlockAtHand | undefined {
    return this.#directories.find(blockId, mayUse);
  }

  isAtHand(pack: number): boolean {
    return this.#directories.has(pack);
  }

  /** Keeps what a pack's directory said. */
  keepDirectory(pack: number, reference: PackReference, entries: readonly DirectoryEntry[]): void {
    this.#directories.keep({ pack, reference, entries });
  }

  /** Forgets a pack that is gone or damaged. */
  drop(pack: number): void {
    this.#packs.drop(pack);
    this.#directories.delete(pack);
  }

  /** Takes in a pack that was stored just now; gives its number, or `undefined` where there is no room for it. */
  add(reference: PackReference, entries: readonly DirectoryEntry[]): number | undefined {
    const pack = this.#packs.add(reference.id, versionCheckOf(reference.versionId), reference);
    if (pack === undefined) return undefined;
    this.#fit();
    for (const { blockId } of entries) this.#blocks.set(blockId.readUInt32BE(0), blockId.readUInt32BE(4), pack);
    this.keepDirectory(pack, reference, entries);
    return pack;
  }

  /** Runs that this process wrote need not be read back. */
  noteRun(name: string): void {
    this.#knownNames.add(name);
    this.#fit();
  }

  get #namesBytes(): number {
    return this.#knownNames.size * nameBytes;
  }

  /** What is left for the table of blocks. */
  get #tableBytes(): number {
    return this.#memoryBytes * (1 - directoriesShare) - this.#packs.memoryBytes - this.#namesBytes;
  }

  #fit(): void {
    this.#blocks.limit(this.#tableBytes);
  }

  #intake(): IndexIntake {
    const blocks = this.#blocks;
    return {
      isKnown: (name) => this.#knownNames.has(name),
      retain: (names) => {
        for (const name of this.#knownNames) if (!names.has(name)) this.#knownNames.delete(name);
      },
      reserve: (entries) => { blocks.reserve(entries); },
      get sampling() {
        return blocks.sampling;
      },
      hasRoomForDetails: (packs) => this.#packs.hasRoomForDetails(packs, packDetailBytes),
      addPack: (id, versionCheck, reference) => {
        const pack = this.#packs.add(id, versionCheck, reference);
        this.#fit();
        return pack;
      },
      set: (high, low, pack) => { blocks.set(high, low, pack); },
      finish: (name, { isRun, isDamaged }) => {
        this.noteRun(name);
        if (isDamaged) this.#damaged++;
        else if (isRun) this.#loadedRuns++;
        else this.#loadedLevels++;
      },
    };
  }
}
