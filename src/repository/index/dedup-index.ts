import type { DirectoryEntry } from "../format/pack-directory.js";
import type { PackReference } from "../format/dictionary-page.js";
import type { IndexRun } from "../format/index-run.js";
import { LeastRecentlyUsed } from "../map/least-recently-used.js";
import { BlockTable } from "./block-table.js";
import type { ResolvedIndexOptions } from "./index-options.js";
import { loadRuns, type IndexSource, type RunLoad } from "./load-runs.js";
import { PackContents } from "./pack-contents.js";
import { PackTable } from "./pack-table.js";

/** How the budget is divided: table of blocks, packs, and directories at hand. */
const tableShare = 0.75;
const packShare = 0.125;
const contentsShare = 0.125;
/** A directory of 256 entries. */
const contentsBytes = 7 * 1024;

/** What the index holds, and what it could not take. */
export interface IndexStatistics {
  readonly blocks: number;
  readonly packs: number;
  readonly memoryBytes: number;
  readonly loadedRuns: number;
  /** Runs that did not fit: their blocks may be stored again. */
  readonly skippedRuns: number;
  /** Runs that could not be opened. */
  readonly damagedRuns: number;
}

/**
 * Which pack a block may lie in: one for all writers of an opened repository, filled from the stored runs and by the packs
 * that this process stores. A cache, never a proof: whoever finds a pack here looks into the pack's own directory before
 * relying on it.
 */
export class DedupIndex {
  readonly #blocks: BlockTable;
  readonly #packs: PackTable;
  readonly #contents: LeastRecentlyUsed<number, PackContents>;
  readonly #knownRuns = new Set<string>();
  #loads: Promise<unknown> = Promise.resolve();
  /** The newest run that was taken in or written here: names begin with their time. */
  #newestRun = "";
  #loadedRuns = 0;
  #skippedRuns = 0;
  #damagedRuns = 0;

  constructor({ memoryBytes }: ResolvedIndexOptions) {
    this.#blocks = new BlockTable(memoryBytes * tableShare);
    this.#packs = new PackTable(memoryBytes * packShare);
    this.#contents = new LeastRecentlyUsed(Math.max(8, Math.floor((memoryBytes * contentsShare) / contentsBytes)));
  }

  get statistics(): IndexStatistics {
    return {
      blocks: this.#blocks.size,
      packs: this.#packs.size,
      memoryBytes: this.#blocks.memoryBytes + this.#packs.memoryBytes,
      loadedRuns: this.#loadedRuns,
      skippedRuns: this.#skippedRuns,
      damagedRuns: this.#damagedRuns,
    };
  }

  /** Reads the runs that were stored since the last time, newest first, as far as the budget goes. One reading at a time. */
  async refresh(source: IndexSource, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const loading = this.#loads.then(async () => {
      const newestBefore = this.#newestRun;
      const load: RunLoad = {
        isKnown: (name) => this.#knownRuns.has(name),
        reserve: (entries) => this.#blocks.reserve(entries),
        // the budget is for the newest: what was stored since the last time takes the place of what is older
        take: (name, run) => this.#takeRun(name, run, newestBefore !== "" && name > newestBefore),
      };
      await loadRuns(source, load, options);
    });
    // a failed reading is raised to whoever asked; the next one starts afresh
    this.#loads = loading.catch(() => undefined);
    await loading;
  }

  /** The pack that a block may lie in. */
  packOf(blockId: Buffer): number | undefined {
    const pack = this.#blocks.get(blockId);
    return pack === undefined || this.#packs.get(pack) === undefined ? undefined : pack;
  }

  reference(pack: number): PackReference | undefined {
    return this.#packs.get(pack);
  }

  /** What the pack's directory says, where it is at hand. */
  contents(pack: number): PackContents | undefined {
    return this.#contents.get(pack);
  }

  keepContents(pack: number, entries: readonly DirectoryEntry[]): PackContents {
    const contents = new PackContents(entries);
    this.#contents.set(pack, contents);
    return contents;
  }

  /** Forgets a pack that is gone or damaged. */
  drop(pack: number): void {
    this.#packs.drop(pack);
    this.#contents.delete(pack);
  }

  /** Takes in a pack that was stored just now; gives its number, or `undefined` where there is no room for it. */
  add(reference: PackReference, entries: readonly DirectoryEntry[]): number | undefined {
    const pack = this.#packs.add(reference);
    if (pack === undefined) return undefined;
    for (const { blockId } of entries) this.#blocks.set(blockId, pack);
    this.keepContents(pack, entries);
    return pack;
  }

  /** Runs that this process wrote need not be read back. */
  noteRun(name: string): void {
    this.#knownRuns.add(name);
    if (name > this.#newestRun) this.#newestRun = name;
  }

  #takeRun(name: string, run: IndexRun | "damaged" | "gone", isNews: boolean): "taken" | "full" {
    if (run === "gone") return "taken";
    this.noteRun(name);
    if (run === "damaged") {
      this.#damagedRuns++;
      return "taken";
    }
    if (this.#packs.isFull || (this.#blocks.isFull && !isNews)) {
      this.#skippedRuns++;
      return "full";
    }
    this.#loadedRuns++;
    const numbers = run.packs.map((pack) => this.#packs.add(pack));
    run.forEach((blockId, position) => {
      const pack = numbers[position];
      // newer runs were read before: what they say of a block stands
      if (pack === undefined || (this.#blocks.isFull && !isNews) || this.packOf(blockId) !== undefined) return;
      this.#blocks.set(blockId, pack);
    });
    return "taken";
  }
}
