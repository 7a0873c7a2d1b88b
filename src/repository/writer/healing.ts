import type { PackReference } from "../format/dictionary-page.js";
import { innerLeaves } from "../format/inner.js";
import { isLocation, leafBlocks, type BlockLocation } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import type { BlockMap } from "../map/block-map.js";
import { markHealed } from "../quarantine/update-quarantine.js";
import type { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import type { RelocatedFrame } from "../relocation/relocation.js";
import { writeRelocation } from "../relocation/write-relocation.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Healed blocks after which relocations are written though more will come: what they take in memory. */
const maxPending = 16 * 1024;

/** Where a healed block lies now; its pack may be on its way. */
export interface HealedPlace {
  readonly entry: DirectoryEntry;
  readonly pack: Promise<PackReference>;
}

interface Pending {
  readonly old: BlockLocation;
  readonly place: HealedPlace;
  reference?: PackReference;
}

/** What a run does for packs in quarantine that its volume's newest point reaches (docs/repository-format.md, section 13). */
export class Healing {
  readonly #context: RepositoryContext;
  readonly #map: BlockMap;
  readonly #options: SignalOptions;
  /** The packs in quarantine that the map reaches and that are not healed: by ordinal, the damaged frames' offsets, or all of it. */
  readonly #damaged: ReadonlyMap<number, ReadonlySet<number> | "whole">;
  readonly #pending = new Map<string, Pending[]>();
  readonly #relocated = new Map<string, Set<number>>();
  #pendingCount = 0;
  healedBlocks = 0;

  private constructor(context: RepositoryContext, map: BlockMap, damaged: ReadonlyMap<number, ReadonlySet<number> | "whole">, options: SignalOptions) {
    this.#context = context;
    this.#map = map;
    this.#damaged = damaged;
    this.#options = options;
  }

  /** Looks which packs in quarantine the map reaches; asks nothing more where none is. */
  static async begin(context: RepositoryContext, map: BlockMap, quarantined: QuarantinedPacks, options: SignalOptions): Promise<Healing> {
    const damaged = new Map<number, ReadonlySet<number> | "whole">();
    for (const ordinal of quarantined.isEmpty ? [] : map.root.packs.keys()) {
      const { id } = await map.packReference(ordinal, options);
      if (id.kind !== "data" || !quarantined.has(id)) continue;
      const { isWhole, frames, isHealed } = await quarantined.verdict(id, options);
      if (isHealed === true) continue;
      damaged.set(ordinal, isWhole ? "whole" : new Set(frames.map(({ offset }) => offset)));
    }
    return new Healing(context, map, damaged, options);
  }

  /** The blocks whose data is damaged, ascending: to be read again from the source. One inner page is held at a time. */
  async *damagedBlocks(): AsyncGenerator<number> {
    if (this.#damaged.size === 0) return;
    for (const number of [...this.#map.root.inners.keys()].sort((a, b) => a - b)) {
      const inner = await this.#map.inner(number, this.#options);
      if (![...(inner?.packs.keys() ?? [])].some((ordinal) => this.#damaged.has(ordinal))) continue;
      for (const [position, pointer] of (inner?.leaves ?? []).entries()) {
        if (pointer === undefined) continue;
        const leafNumber = number * innerLeaves + position;
        for (const [at, slot] of ((await this.#map.leaf(leafNumber, this.#options)) ?? []).entries()) {
          if (isLocation(slot) && this.#isDamaged(slot)) yield leafNumber * leafBlocks + at;
        }
      }
    }
  }

  /** Says where a block lies now that the map has in a place that is lost: older points will find it there. */
  async note(old: BlockLocation, oldPack: PackReference, place: HealedPlace): Promise<void> {
    const name = objectNames.pack(oldPack.id);
    const pending: Pending = { old, place };
    // a pack that is never stored fails the run by itself
    place.pack.then((reference) => { pending.reference = reference; }, () => undefined);
    const list = this.#pending.get(name) ?? [];
    list.push(pending);
    this.#pending.set(name, list);
    this.healedBlocks++;
    if (++this.#pendingCount >= maxPending) await this.#write(false);
  }

  /** Tells the repository where the healed blocks lie: once their packs are stored, and before the record, so that a run that dies has healed as well. */
  async finish(): Promise<void> {
    await this.#write(true);
  }

  /** After the record: packs whose damaged frames are all relocated need no more healing. */
  async confirm(): Promise<void> {
    for (const [ordinal, offsets] of this.#damaged) {
      if (offsets === "whole") continue;
      const name = objectNames.pack((await this.#map.packReference(ordinal, this.#options)).id);
      const relocated = this.#relocated.get(name);
      if (relocated !== undefined && [...offsets].every((offset) => relocated.has(offset))) await markHealed(this.#context, name, this.#options);
    }
  }

  #isDamaged(slot: BlockLocation): boolean {
    const damaged = this.#damaged.get(slot.ordinal);
    return damaged === "whole" || damaged?.has(slot.offset) === true;
  }

  async #write(isLast: boolean): Promise<void> {
    for (const [name, list] of [...this.#pending]) {
      const frames: RelocatedFrame[] = [];
      const left: Pending[] = [];
      for (const pending of list) {
        const reference = isLast ? await pending.place.pack : pending.reference;
        if (reference === undefined) left.push(pending);
        else frames.push(relocated(pending, reference));
      }
      if (frames.length > 0) await writeRelocation(this.#context, name, frames, this.#options);
      this.#remember(name, frames);
      this.#pendingCount -= frames.length;
      if (left.length === 0) this.#pending.delete(name);
      else this.#pending.set(name, left);
    }
  }

  #remember(name: string, frames: readonly RelocatedFrame[]): void {
    const offsets = this.#relocated.get(name) ?? new Set<number>();
    for (const { offset } of frames) offsets.add(offset);
    this.#relocated.set(name, offsets);
  }
}

function relocated({ old, place: { entry } }: Pending, reference: PackReference): RelocatedFrame {
  return { offset: old.offset, length: old.length, to: { reference, offset: entry.offset, length: entry.length, compression: entry.compression } };
}
