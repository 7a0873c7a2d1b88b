import type { HoldfastError } from "../../errors/index.js";
import { damageOf } from "../store/damage-errors.js";
import { dictionaryPageEntries } from "../format/dictionary-page.js";
import { innerLeaves } from "../format/inner.js";
import { decodeLeaf, leafOrdinals } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import type { PagePointer } from "../format/page.js";
import { listStored } from "../locks/read-stored.js";
import type { BlockMap } from "../map/block-map.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import { readPage, readPages } from "../map/read-pages.js";
import { isPointGone } from "../points/is-point-gone.js";
import { pointId } from "../format/point-id.js";
import { readRestorePoint } from "../points/list-restore-points.js";
import type { RestorePoint } from "../points/restore-point.js";
import { isDamage } from "../store/damage.js";
import { PageSet } from "./page-set.js";
import type { Verification } from "./verification.js";

/** Dictionary pages whose packs' indexes are at hand, 1 KiB each: those of four million packs. */
const rememberedDictionaryPages = 16 * 1024;
const leavesPerStep = 64;

/**
 * Opens everything that restore points are made of, each page once however many points share it, and fills the inventory
 * with the packs that they reach. Damage does not stop it: whatever can be opened is.
 */
export class PointWalk {
  readonly #verification: Verification;
  readonly #pages = new PageSet();
  /** By the page's digest: the indexes + 1 of its 256 packs. */
  readonly #dictionary = new LeastRecentlyUsed<string, Uint32Array>(rememberedDictionaryPages);
  readonly #records = new Set<string>();
  restorePoints = 0;

  constructor(verification: Verification) {
    this.#verification = verification;
  }

  async run(): Promise<void> {
    const { context, options, findings } = this.#verification;
    // all groups, also those whose size says that they are withdrawn: a point that lost a byte looks like one
    for await (const { name } of listStored(context, objectNames.groups, { judge: "all", signal: options.signal })) {
      options.signal?.throwIfAborted();
      const point = await this.#attempt(
        async () => await this.#readPoint(pointId(name)),
        (error) => {
          this.#verification.hasUnknownNeeds = true;
          findings.add(name, { kind: "restorePoint", problem: damageOf(error), endangers: "This restore point cannot be found or restored; its data is there.", restorePoints: [pointId(name)] });
        },
      );
      if (point === undefined) continue;
      this.#verification.progress("points", this.restorePoints++);
      for (const record of point.recordNames) this.#records.add(record);
      for (const { volumeId } of point.volumes) await this.#walkVolume(point, volumeId);
    }
  }

  /** Whether a record was read as the member of a restore point; damage of it is told already. */
  hasRead(record: string): boolean {
    return this.#records.has(record);
  }

  /** The point; nothing where it was removed, whenever that was. */
  async #readPoint(id: string): Promise<RestorePoint | undefined> {
    try {
      return await readRestorePoint(this.#verification.context, id, this.#verification.options);
    } catch (error) {
      if (isPointGone(error)) return undefined;
      throw error;
    }
  }

  async #walkVolume(point: RestorePoint, volumeId: string): Promise<void> {
    const { options, volumes, findings } = this.#verification;
    const map = await this.#attempt(
      async () => await point.blockMap(volumeId, { signal: options.signal }),
      async (error) => {
        // removed and collected while it was read: then nothing of it is needed any more
        if ((await this.#readPoint(point.id)) === undefined) return;
        this.#verification.hasUnknownNeeds = true;
        const object = objectOf(error) ?? `the block map of ${volumeId}`;
        findings.add(object, { kind: object.startsWith("log/") ? "record" : "blockMap", problem: damageOf(error), endangers: `Volume ${volumeId} of this restore point cannot be restored.`, restorePoints: [point.id] });
      },
    );
    if (map === undefined) return;
    const volume = volumes.push({ point: point.id, volumeId }) - 1;
    const indexOf = await this.#takeInPacks(map, volume);
    const reached = new Set(map.reachedOrdinals);
    for (const [number, pointer] of [...map.root.inners].sort(([a], [b]) => a - b)) {
      options.signal?.throwIfAborted();
      await this.#walkInner(map, number, pointer, { indexOf, reached, point: point.id });
    }
  }

  /** Adds the packs that a map reaches; gives what tells a pack's index by its ordinal. */
  async #takeInPacks(map: BlockMap, volume: number): Promise<PackIndexOf> {
    const { inventory, options } = this.#verification;
    const own = map.ownMetaPack;
    const ownIndex = inventory.add(own.reference.id, own.reference.sizeBytes, { map: volume, ordinal: own.ordinal });
    if (own.reference.versionId !== undefined) inventory.mark(ownIndex, "isVersioned");
    inventory.mark(ownIndex, "isReached");
    // only while this map is walked: one array of 1 KiB for each of its dictionary pages
    const pages = new Map<number, Uint32Array>();
    const unread = new Set<number>();
    for (const [number, pointer] of map.root.dictionary) {
      const page = await this.#attempt(
        async () => await this.#dictionaryPage(map, number, pointer, volume),
        async (error) => {
          unread.add(number);
          await this.#noteUnread(volume, error);
        },
      );
      if (page !== undefined) pages.set(number, page);
    }
    options.signal?.throwIfAborted();
    const indexOf: PackIndexOf = (ordinal) => {
      if (ordinal === own.ordinal) return ownIndex;
      const found = pages.get(Math.floor(ordinal / dictionaryPageEntries))?.[ordinal % dictionaryPageEntries] ?? 0;
      return found > 0 ? found - 1 : undefined;
    };
    const unknown: number[] = [];
    for (const ordinal of map.reachedOrdinals) {
      const index = indexOf(ordinal);
      if (index !== undefined) inventory.mark(index, "isReached");
      else if (!unread.has(Math.floor(ordinal / dictionaryPageEntries))) unknown.push(ordinal);
    }
    if (unknown.length > 0) this.#noteUnknown(volume, unknown);
    return indexOf;
  }

  /** Packs that a map needs and its dictionary, which was read, does not name: nothing else would look at them. */
  #noteUnknown(volume: number, ordinals: readonly number[]): void {
    const { findings, volumes } = this.#verification;
    const { point, volumeId } = volumes[volume] ?? { point: "", volumeId: "" };
    this.#verification.hasUnknownNeeds = true;
    findings.add(`the block map of ${point}`, {
      kind: "blockMap",
      problem: `The block map of ${volumeId} names packs that its dictionary does not know (${ordinals.slice(0, 5).join(", ")}).`,
      endangers: "Blocks in these packs cannot be restored, and a collection would take the packs for garbage. Do not collect, and report this.",
      restorePoints: [point],
    });
  }

  async #dictionaryPage(map: BlockMap, number: number, pointer: PagePointer, volume: number): Promise<Uint32Array> {
    const { inventory, options } = this.#verification;
    const key = pointer.check.toString("latin1");
    const known = this.#dictionary.get(key);
    if (known !== undefined) return known;
    const indexes = new Uint32Array(dictionaryPageEntries);
    for (const [ordinal, reference] of await map.dictionaryPage(number, options)) {
      const index = inventory.add(reference.id, reference.sizeBytes, { map: volume, ordinal });
      if (reference.versionId !== undefined) inventory.mark(index, "isVersioned");
      indexes[ordinal % dictionaryPageEntries] = index + 1;
    }
    this.#dictionary.set(key, indexes);
    return indexes;
  }

  async #walkInner(map: BlockMap, number: number, pointer: PagePointer, { indexOf, reached, point }: WalkedMap): Promise<void> {
    const { options } = this.#verification;
    const pack = indexOf(pointer.ordinal);
    if (pack === undefined) return;
    if (this.#pages.has(pack, pointer.offset)) return;
    this.#pages.add(pack, pointer.offset);
    const inner = await this.#attempt(async () => await map.inner(number, options), (error) => { this.#verification.notePage(pack, pointer.offset, damageOf(error)); });
    const fresh: FreshLeaf[] = [];
    const stray = (inner?.leaves ?? []).flatMap((leaf) => (leaf === undefined || reached.has(leaf.ordinal) ? [] : [leaf.ordinal]));
    this.#noteStray(`Inner page ${String(number)}`, stray, point);
    for (const [position, leaf] of (inner?.leaves ?? []).entries()) {
      const leafPack = leaf === undefined ? undefined : indexOf(leaf.ordinal);
      if (leaf === undefined || leafPack === undefined || this.#pages.has(leafPack, leaf.offset)) continue;
      this.#pages.add(leafPack, leaf.offset);
      fresh.push({ pointer: leaf, pack: leafPack, number: number * innerLeaves + position });
    }
    for (let start = 0; start < fresh.length; start += leavesPerStep) await this.#openLeaves(map, fresh.slice(start, start + leavesPerStep), point);
  }

  async #openLeaves(map: BlockMap, leaves: readonly FreshLeaf[], point: string): Promise<void> {
    const { options } = this.#verification;
    const isDone = await this.#attempt(
      async () => {
        const pages = await readPages(map, leaves.map(({ pointer }) => pointer), "leaf", options);
        for (const [position, page] of pages.entries()) this.#checkLeaf(map, page, leaves[position], point);
        return true;
      },
      () => undefined,
    );
    if (isDone === true) return;
    // one of them is damaged: each by itself
    for (const leaf of leaves) {
      await this.#attempt(
        async () => { this.#checkLeaf(map, await readPage(map, leaf.pointer, "leaf", options), leaf, point); },
        (error) => { this.#verification.notePage(leaf.pack, leaf.pointer.offset, damageOf(error)); },
      );
    }
  }

  /** A pack that a leaf names and its root does not count would be taken for garbage. */
  #checkLeaf(map: BlockMap, page: Buffer, leaf: FreshLeaf | undefined, point: string): void {
    if (leaf === undefined) return;
    this.#noteStray(`Leaf ${String(leaf.number)}`, leafOrdinals(decodeLeaf(page)).filter((ordinal) => !map.root.packs.has(ordinal)), point);
  }

  #noteStray(page: string, ordinals: readonly number[], point: string): void {
    if (ordinals.length === 0) return;
    this.#verification.findings.add(`the block map of ${point}`, {
      kind: "blockMap",
      problem: `${page} names packs that the root of its map does not count (${ordinals.slice(0, 5).join(", ")}).`,
      endangers: "A collection would take these packs for garbage. Do not collect, and report this.",
      restorePoints: [point],
    });
  }

  /** A dictionary page that does not open; every point that has it comes by here. */
  async #noteUnread(volume: number, error: HoldfastError): Promise<void> {
    const { findings, volumes } = this.#verification;
    const { point } = volumes[volume] ?? {};
    if (point !== undefined && (await this.#readPoint(point)) === undefined) return;
    this.#verification.hasUnknownNeeds = true;
    findings.add(objectOf(error) ?? "a pack dictionary", {
      kind: "blockMap",
      problem: damageOf(error),
      endangers: "The packs that this page names cannot be found: blocks in them cannot be restored.",
      restorePoints: point === undefined ? [] : [point],
    });
  }

  async #attempt<T>(work: () => Promise<T>, onDamage: (error: HoldfastError) => void | Promise<void>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isDamage(error)) throw error;
      await onDamage(error);
      return undefined;
    }
  }
}

/** The pack's index in the inventory; nothing where the dictionary does not tell. */
export type PackIndexOf = (ordinal: number) => number | undefined;

interface WalkedMap {
  readonly indexOf: PackIndexOf;
  /** The ordinals of all packs that the map's root counts. */
  readonly reached: ReadonlySet<number>;
  readonly point: string;
}

interface FreshLeaf {
  readonly pointer: PagePointer;
  readonly pack: number;
  readonly number: number;
}

/** The object that an error is about. */
export function objectOf({ context }: HoldfastError): string | undefined {
  const object = context["object"] ?? context["name"];
  return typeof object === "string" ? object : undefined;
}
