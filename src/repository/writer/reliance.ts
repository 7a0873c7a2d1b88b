import type { CondemnedPacks } from "../collect/condemned-packs.js";
import type { ConflictError } from "../../errors/index.js";
import type { PackId } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import { PackSet } from "../pack/pack-set.js";
import type { SignalOptions } from "../repository-context.js";
import { packCondemned, reachesForbidden } from "./reaches-forbidden.js";
import type { WriterParts } from "./volume-writer-parts.js";

/** The packs that a run relies on and did not fill: those in which it found blocks, and those that its parent reaches. A collection that condemns one of them ends the run. */
export class Reliance {
  readonly #parts: WriterParts;
  readonly #parent: () => BlockMap | undefined;
  readonly #hits = new PackSet();

  constructor(parts: WriterParts, parent: () => BlockMap | undefined) {
    this.#parts = parts;
    this.#parent = parent;
    parts.session.relyOn(async (condemned, options) => { await this.#check(condemned, options); });
  }

  /** Before a block's place is put into the map. It was found a while ago, and a collection may have condemned its pack since; one that does so from here on meets it among the hits. */
  add(pack: PackId): void {
    this.#hits.add(pack);
    if (this.#parts.session.condemned.has(pack)) throw this.#lose();
  }

  /** Raises where a collection condemned what this run's map points into: leaves are written already, so the run begins again. */
  async #check(condemned: CondemnedPacks, options: SignalOptions): Promise<void> {
    if (condemned.includesAny(this.#hits) || (await reachesForbidden(this.#parts, this.#parent(), condemned, options))) throw this.#lose();
  }

  #lose(): ConflictError {
    const error = packCondemned(this.#parts.stream);
    this.#parts.session.lose(error);
    return error;
  }
}
