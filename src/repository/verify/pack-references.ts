import { IntegrityError, mistake } from "../../errors/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import type { BlockMap } from "../map/block-map.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import { isPointGone } from "../points/is-point-gone.js";
import { readRestorePoint } from "../points/list-restore-points.js";
import { isDamage } from "../store/damage.js";
import type { SignalOptions } from "../repository-context.js";
import type { Verification, WalkedVolume } from "./verification.js";

/** Maps held open: packs are asked for in about the order in which they were met. */
const openMaps = 8;

/** The references of packs in the inventory, which keeps only where each is to be read again. */
export class PackReferences {
  readonly #verification: Verification;
  readonly #maps = new LeastRecentlyUsed<number, Promise<BlockMap>>(openMaps);
  /** Of packs that only relocations name. */
  readonly #relocated = new Map<number, PackReference>();

  constructor(verification: Verification) {
    this.#verification = verification;
  }

  /** Nothing where the restore point that told of the pack was removed since: nobody can tell then, without looking again, whether others need it. */
  async of(index: number, options: SignalOptions): Promise<PackReference | undefined> {
    const relocated = this.#relocated.get(index);
    if (relocated !== undefined) return relocated;
    const { map, ordinal } = this.#verification.inventory.source(index);
    try {
      const opened = await LeastRecentlyUsed.load(this.#maps, map, async () => await this.#open(map, options));
      return await opened.packReference(ordinal, options);
    } catch (error) {
      if (isPointGone(error) || (isDamage(error) && (await this.#isRemoved(map, options)))) return undefined;
      throw error;
    }
  }

  async #isRemoved(map: number, options: SignalOptions): Promise<boolean> {
    try {
      await readRestorePoint(this.#verification.context, this.#volume(map).point, options);
      return false;
    } catch (error) {
      if (!isPointGone(error)) throw error;
      return true;
    }
  }

  /** Adds a pack that a relocation names; gives its index if it was not known. */
  addRelocated(reference: PackReference): number | undefined {
    const { inventory } = this.#verification;
    const known = inventory.find(reference.id);
    if (known !== undefined && inventory.is(known, "isReached")) return undefined;
    const index = inventory.add(reference.id, reference.sizeBytes, { map: 0, ordinal: 0 });
    inventory.mark(index, "isReached");
    if (reference.versionId !== undefined) inventory.mark(index, "isVersioned");
    this.#relocated.set(index, reference);
    return index;
  }

  async #open(map: number, options: SignalOptions): Promise<BlockMap> {
    const volume = this.#volume(map);
    return await (await readRestorePoint(this.#verification.context, volume.point, options)).blockMap(volume.volumeId, { signal: options.signal });
  }

  #volume(map: number): WalkedVolume {
    const volume = this.#verification.volumes[map];
    if (volume === undefined) throw new IntegrityError(`A pack was met in no restore point. ${mistake}`, { code: "BrokenInventory" });
    return volume;
  }
}
