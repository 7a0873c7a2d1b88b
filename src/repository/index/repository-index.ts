import { inspect } from "node:util";
import type { RepositoryContext } from "../repository-context.js";
import type { IndexStatistics } from "./dedup-index.js";
import { checkMergeIndexOptions, mergeIndex, type MergeIndexOptions, type MergeIndexReport } from "./merge-index.js";
import { checkRebuildIndexOptions, rebuildIndex, type RebuildIndexOptions, type RebuildIndexReport } from "./rebuild-index.js";

/**
 * The dedup index of a repository: which blocks it holds already. A cache: backups are smaller with it, and nothing is lost
 * without it.
 *
 * @example
 * await repository.index.merge(); // after many backups: so that the next one opens the index quickly
 * await repository.index.rebuild(); // when objects under idx/ were lost
 */
export class RepositoryIndex {
  readonly #context: RepositoryContext;

  /** @internal Made by the repository: `repository.index`. */
  constructor(context: RepositoryContext) {
    this.#context = context;
  }

  /** What of the index is in this process's memory: the first backup of a process fills it. */
  get statistics(): IndexStatistics {
    return this.#context.index.statistics;
  }

  /** Merges the runs that backups stored into sorted levels. Needs the permission to delete under `idx/`. Backups and other merges may run meanwhile. */
  async merge(options: MergeIndexOptions = {}): Promise<MergeIndexReport> {
    return await mergeIndex(this.#context, checkMergeIndexOptions(options));
  }

  /** Reads the directories of the packs that the index does not name, and stores runs for them. Taken up by the next one where it is cut short. */
  async rebuild(options: RebuildIndexOptions = {}): Promise<RebuildIndexReport> {
    return await rebuildIndex(this.#context, checkRebuildIndexOptions(options));
  }

  /** How it prints: of which repository it is. */
  [inspect.custom](): string {
    return `RepositoryIndex of ${this.#context.store.location}`;
  }
}
