import { IntegrityError } from "../../errors/index.js";
import { damageOf } from "../store/damage-errors.js";
import { dictionaryPageEntries } from "../format/dictionary-page.js";
import type { RecordStructure } from "../format/record.js";
import { BlockMap } from "../map/block-map.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { readLiveRecord } from "./live-records.js";
import type { PackSet } from "../pack/pack-set.js";
import { isDamage } from "../store/damage.js";

/**
 * Marks what the records of one stream reach: root and dictionary are read, never a leaf. The points of a stream share most of
 * their dictionary, so what a page has given once is not read again.
 */
export class StreamMark {
  readonly #context: RepositoryContext;
  readonly #reached: PackSet;
  /** By a dictionary page's check: the ordinals in it that were marked. */
  readonly #marked = new Map<string, Set<number>>();

  constructor(context: RepositoryContext, reached: PackSet) {
    this.#context = context;
    this.#reached = reached;
  }

  /** Marks all packs that the record reaches. What cannot be read stops the collection: nobody can tell what it needs. */
  async add(name: string, structure: RecordStructure, options: SignalOptions): Promise<void> {
    try {
      await this.#add(structure, options);
    } catch (cause) {
      if (!isDamage(cause)) throw cause;
      // removed and collected by another while it was read: then it needs nothing any more
      if ((await readLiveRecord(this.#context, name, false, options)) === undefined) return;
      throw new IntegrityError(
        `What ${name} needs cannot be read (${damageOf(cause)}). Nothing was removed. Repair it (repository.repair), or remove the restore points that verify names for it, and collect again.`,
        { code: "CollectionBlocked", context: { object: name }, cause },
      );
    }
  }

  async #add(structure: RecordStructure, options: SignalOptions): Promise<void> {
    const map = await BlockMap.open(this.#context, { structure }, options);
    this.#reached.add(map.ownMetaPack.reference.id);
    const byPage = new Map<number, number[]>();
    for (const ordinal of map.reachedOrdinals) {
      if (ordinal === map.ownMetaPack.ordinal) continue;
      const page = Math.floor(ordinal / dictionaryPageEntries);
      const ordinals = byPage.get(page);
      if (ordinals === undefined) byPage.set(page, [ordinal]);
      else ordinals.push(ordinal);
    }
    for (const [page, ordinals] of byPage) {
      const check = map.root.dictionary.get(page)?.check.toString("hex") ?? "";
      const marked = this.#marked.get(check) ?? new Set<number>();
      this.#marked.set(check, marked);
      for (const ordinal of ordinals) {
        if (marked.has(ordinal)) continue;
        this.#reached.add((await map.packReference(ordinal, options)).id);
        marked.add(ordinal);
      }
    }
  }
}
