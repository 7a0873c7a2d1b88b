import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LayerRecord } from "./layer.js";
import { Layer } from "./layer.js";
import { LayerStack } from "./layer-stack.js";
import { MergedIndexes } from "./merged-index.js";
import { OpenFiles } from "./open-files.js";
import type { RecordChange, RecordStore, RecordTable } from "./record-store.js";

/** Files of layers kept open: below the usual limit of 1,024 per process, with room for sockets. */
const maxOpenFiles = 384;

/** Stacks of frozen tops kept at hand. */
const maxFrozenStacks = 64;

/**
 * All layers on disk, and who needs them.
 *
 * A layer is needed by the layers above it and by the volumes and snapshots whose top it is; when none is left it goes,
 * and with it those below that only it needed. Counts are made anew at open, where leftovers of a crash are removed too.
 */
export class LayerStore {
  readonly #folder: string;
  readonly #records: RecordStore;
  readonly #table: RecordTable<LayerRecord>;
  readonly #layers = new Map<string, Layer>();
  readonly #references = new Map<string, number>();
  readonly #files = new OpenFiles(maxOpenFiles);
  readonly #merged = new MergedIndexes();
  readonly #frozenStacks = new Map<string, LayerStack>();

  /** `tops` are the layers that volumes and snapshots need. */
  constructor(folder: string, records: RecordStore, tops: Iterable<string | null>) {
    this.#folder = folder;
    this.#records = records;
    this.#table = records.table<LayerRecord>("layer");
    mkdirSync(folder, { recursive: true });
    for (const record of this.#table.values()) this.#load(record);
    for (const layer of this.#layers.values()) if (layer.parentId !== null) this.#count(layer.parentId);
    for (const top of tops) if (top !== null) this.#count(top);
    this.#removeLeftovers();
  }

  /** A new writable layer over `parentId`: it exists once the change is committed. Referenced from the start. */
  create(parentId: string | null): { readonly layer: Layer; readonly change: RecordChange } {
    const record: LayerRecord = { id: `layer-${randomBytes(10).toString("hex")}`, parentId };
    const layer = this.#load(record);
    this.#count(record.id);
    if (parentId !== null) this.#count(parentId);
    return { layer, change: this.#table.put(record.id, record) };
  }

  /** Takes back a {@link create} whose change was not committed. */
  abandon(layer: Layer): void {
    this.#layers.delete(layer.id);
    this.#references.delete(layer.id);
    if (layer.parentId !== null) this.#references.set(layer.parentId, (this.#references.get(layer.parentId) ?? 0) - 1);
  }

  get(id: string): Layer {
    const layer = this.#layers.get(id);
    if (layer === undefined) throw new Error(`layer ${id} is not in the store`);
    return layer;
  }

  /** The layers from `topId` down, as they are seen from above. */
  stack(topId: string | null): LayerStack {
    return new LayerStack([...this.chain(topId)], this.#merged);
  }

  /**
   * As {@link stack}, kept for the next time. Only for a top that no longer changes.
   *
   * A layer goes only after those above it, so that what is kept of a top never outlives a layer under it.
   */
  frozenStack(topId: string | null): LayerStack {
    const kept = topId === null ? undefined : this.#frozenStacks.get(topId);
    if (kept !== undefined) return kept;
    const stack = this.stack(topId);
    if (topId === null) return stack;
    this.#frozenStacks.set(topId, stack);
    const [oldest] = this.#frozenStacks.keys();
    if (this.#frozenStacks.size > maxFrozenStacks && oldest !== undefined) this.#frozenStacks.delete(oldest);
    return stack;
  }

  /** A layer and all below it, uppermost first. */
  *chain(topId: string | null): Generator<Layer> {
    for (let id = topId; id !== null; ) {
      const layer = this.get(id);
      yield layer;
      id = layer.parentId;
    }
  }

  retain(id: string | null): void {
    if (id !== null) this.#count(id);
  }

  /** Gives up one need of a layer; removes it, and what only it needed, when it was the last. */
  release(id: string | null): void {
    let next = id;
    while (next !== null) {
      const left = (this.#references.get(next) ?? 0) - 1;
      if (left > 0) {
        this.#references.set(next, left);
        return;
      }
      const { parentId } = this.get(next);
      this.#remove(next);
      next = parentId;
    }
  }

  get layerCount(): number {
    return this.#layers.size;
  }

  close(): void {
    this.#files.close();
  }

  #load(record: LayerRecord): Layer {
    const lineage: LayerRecord[] = [];
    let missing: LayerRecord | undefined = record;
    while (missing !== undefined && !this.#layers.has(missing.id)) {
      lineage.push(missing);
      missing = missing.parentId === null ? undefined : this.#table.get(missing.parentId);
    }
    for (const each of lineage.reverse()) {
      const depth = each.parentId === null ? 0 : this.get(each.parentId).depth + 1;
      this.#layers.set(each.id, new Layer(each, depth, this.#folderOf(each.id), this.#files));
    }
    return this.get(record.id);
  }

  #count(id: string): void {
    this.#references.set(id, (this.#references.get(id) ?? 0) + 1);
  }

  #remove(id: string): void {
    const { folder } = this.get(id);
    this.#records.commit([this.#table.remove(id)]);
    this.#layers.delete(id);
    this.#references.delete(id);
    this.#merged.forget(id);
    this.#frozenStacks.delete(id);
    this.#files.forget(folder);
    rmSync(folder, { recursive: true, force: true });
  }

  #removeLeftovers(): void {
    for (const id of [...this.#layers.keys()]) {
      if (this.#layers.has(id) && !this.#references.has(id)) this.release(id);
    }
    for (const group of readdirSync(this.#folder)) {
      for (const id of readdirSync(join(this.#folder, group))) {
        if (!this.#layers.has(id)) rmSync(join(this.#folder, group, id), { recursive: true, force: true });
      }
    }
  }

  #folderOf(id: string): string {
    return join(this.#folder, id.slice("layer-".length, "layer-".length + 2), id);
  }
}
