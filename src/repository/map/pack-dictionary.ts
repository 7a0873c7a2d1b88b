import { ConflictError, IllegalStateError, mistake } from "../../errors/index.js";
import { dictionaryPageEntries, encodeDictionaryPage, type PackReference } from "../format/dictionary-page.js";
import type { PackId } from "../format/object-names.js";
import type { PagePointer, PageType } from "../format/page.js";
import type { SignalOptions } from "../repository-context.js";
import type { BlockMap } from "./block-map.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";

export type WritePage = (type: PageType, plain: Buffer) => Promise<PagePointer>;

/** Packs whose ordinals are at hand, the last used ones; another, met again, gets a second ordinal, which harms nothing. */
const maxRemembered = 100_000;

/**
 * The dictionary of a point being written: the parent's, and what this run adds. Ordinals are given once and never reused.
 */
export class PackDictionary {
  readonly #parent: BlockMap | undefined;
  readonly #added = new Map<number, PackReference | undefined>();
  readonly #written = new Map<number, PagePointer>();
  readonly #remembered = new LeastRecentlyUsed<string, number>(maxRemembered);
  #next: number;

  constructor(parent: BlockMap | undefined) {
    this.#parent = parent;
    this.#next = parent?.root.nextOrdinal ?? 0;
    // the parent's last meta pack could not name itself: only its record could
    if (parent !== undefined) this.#added.set(parent.ownMetaPack.ordinal, parent.ownMetaPack.reference);
  }

  get nextOrdinal(): number {
    return this.#next;
  }

  /** The meta packs that this run's early dictionary pages lie in. */
  get pageOrdinals(): number[] {
    return [...this.#written.values()].map((pointer) => pointer.ordinal);
  }

  /** Gives a number to a pack that is being made; `resolve` tells its size once it is stored. With `id`, `ordinalOf` knows it. */
  allocate(id?: PackId): number {
    if (this.#next >= 2 ** 32 - 1) throw new ConflictError("This stream has used up its pack numbers. Start a new stream by a full backup into another repository.", { code: "StreamExhausted" });
    const ordinal = this.#next++;
    this.#added.set(ordinal, undefined);
    if (id !== undefined) this.#remembered.set(packKey(id), ordinal);
    return ordinal;
  }

  /** The number that this run has given to a pack, stored or being made. */
  knownOrdinal(id: PackId): number | undefined {
    return this.#remembered.get(packKey(id));
  }

  resolve(ordinal: number, reference: PackReference): void {
    this.#added.set(ordinal, reference);
  }

  /** The number of a pack that is stored already, given now if it has none in this run. */
  ordinalOf(reference: PackReference): number {
    const known = this.knownOrdinal(reference.id);
    if (known !== undefined) return known;
    const ordinal = this.allocate(reference.id);
    this.resolve(ordinal, reference);
    return ordinal;
  }

  /** Writes pages that are full and complete, and forgets their entries: memory stays the same however many packs there are. */
  async flushFullPages(write: WritePage): Promise<void> {
    const complete = new Map<number, number>();
    for (const [ordinal, reference] of this.#added) {
      const number = Math.floor(ordinal / dictionaryPageEntries);
      if (reference !== undefined) complete.set(number, (complete.get(number) ?? 0) + 1);
    }
    for (const [number, count] of complete) if (count === dictionaryPageEntries) await this.#writePage(number, undefined, write);
  }

  /** Writes the pages that this run changed; gives the pages of the point: those with a pack that it reaches. */
  async finish(reached: ReadonlySet<number>, write: WritePage, options: SignalOptions = {}): Promise<Map<number, PagePointer>> {
    const pages = new Map<number, PagePointer>();
    const needed = new Set([...reached].map((ordinal) => Math.floor(ordinal / dictionaryPageEntries)));
    for (const [number, pointer] of this.#parent?.root.dictionary ?? []) if (needed.has(number)) pages.set(number, pointer);
    for (const [number, pointer] of this.#written) if (needed.has(number)) pages.set(number, pointer);
    const changed = new Set([...this.#added.keys()].filter((ordinal) => reached.has(ordinal)).map((ordinal) => Math.floor(ordinal / dictionaryPageEntries)));
    for (const number of [...changed].sort((a, b) => a - b)) {
      if (this.#written.has(number)) continue;
      await this.#writePage(number, reached, write, options);
      const pointer = this.#written.get(number);
      if (pointer !== undefined) pages.set(number, pointer);
    }
    return pages;
  }

  async #writePage(number: number, reached: ReadonlySet<number> | undefined, write: WritePage, options: SignalOptions = {}): Promise<void> {
    const page = new Map<number, PackReference>();
    if (this.#parent?.root.dictionary.has(number) === true) {
      for (const [ordinal, reference] of await this.#parent.dictionaryPage(number, options)) if (reached === undefined || reached.has(ordinal)) page.set(ordinal, reference);
    }
    const first = number * dictionaryPageEntries;
    for (let ordinal = first; ordinal < first + dictionaryPageEntries; ordinal++) {
      if (!this.#added.has(ordinal) || (reached !== undefined && !reached.has(ordinal))) continue;
      const reference = this.#added.get(ordinal);
      if (reference === undefined) throw new IllegalStateError(`Pack ${String(ordinal)} was not stored before the block map was finished. ${mistake}`, { code: "PackNotStored" });
      page.set(ordinal, reference);
    }
    this.#written.set(number, await write("dictionary", Buffer.from(encodeDictionaryPage(page))));
    for (let ordinal = first; ordinal < first + dictionaryPageEntries; ordinal++) this.#added.delete(ordinal);
  }
}

function packKey(id: PackId): string {
  return `${id.kind}/${id.sessionId}-${String(id.number)}`;
}
