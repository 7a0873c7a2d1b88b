import { listStreams, readLiveRecord } from "../collect/live-records.js";
import { innerLeaves } from "../format/inner.js";
import { decodeLeaf, isLocation, type BlockLocation } from "../format/leaf.js";
import type { PackId } from "../format/object-names.js";
import type { PagePointer } from "../format/page.js";
import { BlockMap } from "../map/block-map.js";
import { isDamage } from "../store/damage.js";
import { readPages } from "../map/read-pages.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Leaves read together. */
const leavesPerStep = 64;

/** Who is told of each frame that a live record needs, at least once. */
export type VisitFrame = (pack: PackId, location: BlockLocation) => void;

/**
 * Walks the leaves of the live records beyond what `seen` says was walked; updates `seen`. Pages that the points of a stream
 * share are read once.
 */
export async function walkFrames(context: RepositoryContext, seen: Map<string, number>, visit: VisitFrame, options: SignalOptions): Promise<void> {
  for await (const { names } of listStreams(context, seen, options)) {
    let walk = new StreamWalk(visit, options);
    let previous: number | undefined;
    for (const name of names) {
      const record = await readLiveRecord(context, name, false, options);
      if (record === undefined) continue;
      // only who grows from the one before numbers packs as it did: equal pages then mean equal packs
      if (record.structure.parent !== previous) walk = new StreamWalk(visit, options);
      previous = record.structure.sequence;
      try {
        await walk.add(await BlockMap.open(context, record, options));
      } catch (error) {
        // removed and collected by another while it was walked: then it needs nothing any more
        if (!isDamage(error) || (await readLiveRecord(context, name, false, options)) !== undefined) throw error;
        walk = new StreamWalk(visit, options);
        previous = undefined;
      }
    }
  }
}

class StreamWalk {
  readonly #visit: VisitFrame;
  readonly #options: SignalOptions;
  readonly #walked = new Set<string>();

  constructor(visit: VisitFrame, options: SignalOptions) {
    this.#visit = visit;
    this.#options = options;
  }

  async add(map: BlockMap): Promise<void> {
    for (const [number, pointer] of map.root.inners) {
      if (!this.#isNew(pointer)) continue;
      const inner = await map.inner(number, this.#options);
      const leaves = (inner?.leaves ?? new Array<undefined>(innerLeaves)).filter((leaf) => leaf !== undefined).filter((leaf) => this.#isNew(leaf));
      for (let start = 0; start < leaves.length; start += leavesPerStep) await this.#walk(map, leaves.slice(start, start + leavesPerStep));
    }
  }

  async #walk(map: BlockMap, pointers: readonly PagePointer[]): Promise<void> {
    for (const page of await readPages(map, pointers, "leaf", this.#options)) {
      for (const slot of decodeLeaf(page)) if (isLocation(slot)) this.#visit((await map.packReference(slot.ordinal, this.#options)).id, slot);
    }
  }

  #isNew({ check }: PagePointer): boolean {
    const key = check.toString("latin1");
    if (this.#walked.has(key)) return false;
    this.#walked.add(key);
    return true;
  }
}
