import { inspect } from "node:util";
import { IntegrityError } from "../../errors/index.js";
import { bytesText } from "../../printing/words.js";
import { damageRemedy } from "../store/damage-errors.js";
import { decodeDictionaryPage, dictionaryPageEntries, type DictionaryPage, type PackReference } from "../format/dictionary-page.js";
import { decodeInner, innerLeaves, type Inner } from "../format/inner.js";
import { decodeLeaf, type Leaf } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import type { PagePointer } from "../format/page.js";
import type { RecordStructure } from "../format/record.js";
import { decodeRoot, type Root } from "../format/root.js";
import { Relocations } from "../relocation/relocations.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import { PagesAtHand } from "./pages-at-hand.js";
import { readPage, readPages, type PageSource } from "./read-pages.js";

/** Pages kept: their sum is the reader's memory, whatever the volume's size. */
const cachedPages = { dictionary: 64, inner: 8, leaf: 64 } as const;

/** Leaves read together when a whole inner page is walked. */
const leavesPerStep = 64;
/** Of a page that is wanted, the pages of its kind that may be wanted next: so many before it, and as many behind. */
const pagesNear = 64;

/** A leaf with its number: block index / 256. */
export interface NumberedLeaf {
  readonly number: number;
  readonly leaf: Leaf;
}

/** Where a map begins: what of a record names it. */
export interface MapOrigin {
  readonly structure: Pick<RecordStructure, "root" | "metaPack">;
}

/** One volume's block map in a restore point, read page by page. */
export class BlockMap implements PageSource {
  readonly context: RepositoryContext;
  readonly root: Root;
  /** Where frames of packs that are gone or damaged are found instead. */
  readonly relocations: Relocations;
  /** What came along with pages that were wanted. */
  readonly atHand: PagesAtHand;
  readonly #metaPack: PackReference;
  readonly #metaOrdinal: number;
  readonly #dictionary = new LeastRecentlyUsed<number, Promise<DictionaryPage>>(cachedPages.dictionary);
  readonly #inners = new LeastRecentlyUsed<number, Promise<Inner>>(cachedPages.inner);
  readonly #leaves = new LeastRecentlyUsed<number, Promise<Leaf>>(cachedPages.leaf);

  private constructor(context: RepositoryContext, root: Root, atHand: PagesAtHand, metaOrdinal: number, metaPack: PackReference) {
    this.context = context;
    this.root = root;
    this.atHand = atHand;
    this.relocations = new Relocations(context);
    this.#metaOrdinal = metaOrdinal;
    this.#metaPack = metaPack;
  }

  /** Reads the root that `record` names. Dictionary and inner pages were written right before it: of a small map all of them come along. */
  static async open(context: RepositoryContext, record: MapOrigin, options: SignalOptions = {}): Promise<BlockMap> {
    const { ordinal, ...rest } = record.structure.metaPack;
    const metaPack: PackReference = { ...rest, sha256: Buffer.from(rest.sha256, "hex"), versionId: rest.versionId };
    const { offset, length, check } = record.structure.root;
    const pointer: PagePointer = { ordinal, offset, length, check: Buffer.from(check, "hex") };
    const atHand = new PagesAtHand();
    const plain = await readPage({ context, packReference: () => Promise.resolve(metaPack), atHand }, pointer, "root", { ...options, bringsBefore: true });
    return new BlockMap(context, decodeRoot(plain), atHand, ordinal, metaPack);
  }

  /** The meta pack that this map's root lies in, which its own dictionary cannot name. */
  get ownMetaPack(): { readonly ordinal: number; readonly reference: PackReference } {
    return { ordinal: this.#metaOrdinal, reference: this.#metaPack };
  }

  /** All packs that this map reaches, by ordinal, ascending; its own meta pack included. */
  get reachedOrdinals(): number[] {
    const reached = new Set(this.root.packs.keys());
    for (const pointer of this.root.dictionary.values()) reached.add(pointer.ordinal);
    for (const pointer of this.root.inners.values()) reached.add(pointer.ordinal);
    reached.add(this.#metaOrdinal);
    return [...reached].sort((a, b) => a - b);
  }

  async packReference(ordinal: number, options: SignalOptions = {}): Promise<PackReference> {
    if (ordinal === this.#metaOrdinal) return this.#metaPack;
    const page = await this.dictionaryPage(Math.floor(ordinal / dictionaryPageEntries), options);
    const reference = page.get(ordinal);
    if (reference === undefined) throw new IntegrityError(`The block map in ${objectNames.pack(this.#metaPack.id)} is damaged: it names the pack ${String(ordinal)}, which its dictionary does not know.${damageRemedy}`, { code: "DamagedPage", context: { object: objectNames.pack(this.#metaPack.id) } });
    return reference;
  }

  async dictionaryPage(number: number, options: SignalOptions = {}): Promise<DictionaryPage> {
    const pointer = this.root.dictionary.get(number);
    if (pointer === undefined) throw new IntegrityError(`The block map in ${objectNames.pack(this.#metaPack.id)} is damaged: it has no dictionary page ${String(number)}.${damageRemedy}`, { code: "DamagedPage", context: { object: objectNames.pack(this.#metaPack.id) } });
    return await LeastRecentlyUsed.load(this.#dictionary, number, async () => decodeDictionaryPage(await readPage(this, pointer, "dictionary", { ...options, neighbours: neighbours(number, (next) => this.root.dictionary.get(next)) })));
  }

  /** The inner page, or `undefined` where these 32 GiB hold nothing. */
  async inner(number: number, options: SignalOptions = {}): Promise<Inner | undefined> {
    const pointer = this.root.inners.get(number);
    if (pointer === undefined) return undefined;
    return await LeastRecentlyUsed.load(this.#inners, number, async () => decodeInner(await readPage(this, pointer, "inner", { ...options, neighbours: neighbours(number, (next) => this.root.inners.get(next)) })));
  }

  /** The leaf, or `undefined` where these 128 MiB hold nothing. */
  async leaf(number: number, options: SignalOptions = {}): Promise<Leaf | undefined> {
    const inner = await this.inner(Math.floor(number / innerLeaves), options);
    const position = number % innerLeaves;
    const pointer = inner?.leaves[position];
    if (pointer === undefined) return undefined;
    return await LeastRecentlyUsed.load(this.#leaves, number, async () => decodeLeaf(await readPage(this, pointer, "leaf", { ...options, neighbours: neighbours(position, (next) => inner?.leaves[next]) })));
  }

  /** Opens every inner page and leaf once: raises `IntegrityError` at the first that is damaged. Gives the number of leaves. */
  async openAllPages(options: SignalOptions = {}): Promise<number> {
    let leaves = 0;
    for await (const { number } of this.leaves(options)) leaves += number >= 0 ? 1 : 0;
    return leaves;
  }

  /** All leaves in ascending order. Holds a few of them at a time. */
  async *leaves(options: SignalOptions = {}): AsyncGenerator<NumberedLeaf> {
    for (const innerNumber of [...this.root.inners.keys()].sort((a, b) => a - b)) {
      const inner = await this.inner(innerNumber, options);
      const present = (inner?.leaves ?? []).flatMap((pointer, position) => (pointer === undefined ? [] : [{ pointer, number: innerNumber * innerLeaves + position }]));
      for (let start = 0; start < present.length; start += leavesPerStep) {
        const step = present.slice(start, start + leavesPerStep);
        const pages = await readPages(this, step.map(({ pointer }) => pointer), "leaf", options);
        for (const [position, { number }] of step.entries()) {
          const page = pages[position];
          if (page !== undefined) yield { number, leaf: decodeLeaf(page) };
        }
      }
    }
  }

  /** How it prints: how much it maps. */
  [inspect.custom](): string {
    return `BlockMap of ${String(this.root.presentBlocks)} blocks in ${bytesText(this.root.volumeSizeBytes)}`;
  }
}

/** The pages before and behind one, as far as they are of use. */
function neighbours(number: number, pointerOf: (number: number) => PagePointer | undefined): PagePointer[] {
  return Array.from({ length: 2 * pagesNear + 1 }, (_, position) => (position === pagesNear ? undefined : pointerOf(number - pagesNear + position))).filter((pointer) => pointer !== undefined);
}
