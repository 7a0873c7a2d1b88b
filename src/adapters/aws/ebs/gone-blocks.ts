import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import type { EbsBlockReference } from "./block-tokens.js";
import type { ListedBlock } from "./listing-page.js";
import { walkListing } from "./walk-listing.js";

/**
 * Makes sure of blocks that a list of changes calls gone, by the list of blocks that there are.
 *
 * Gone is said by a token that is absent, and what is gone is restored as zeros: a token that got lost on the way would lose
 * the block. EBS hardly ever lets go of a block, so that this costs next to nothing.
 */
export class GoneBlocks {
  readonly #door: SnapshotDoorContext;
  readonly #snapshotId: string;
  #fromIndex = 0;
  /** Up to here, not included, all blocks are in `#listed`. */
  #endIndex = 0;
  #listed: ReadonlyMap<number, ListedBlock> = new Map();

  constructor(door: SnapshotDoorContext, snapshotId: string) {
    this.#door = door;
    this.#snapshotId = snapshotId;
  }

  /** The block, if it is still there. Ask in ascending order: a page serves many questions. */
  async findStill(index: number, signal: AbortSignal | undefined): Promise<EbsBlockReference | undefined> {
    if (index < this.#fromIndex || index >= this.#endIndex) await this.#listFrom(index, signal);
    return this.#listed.get(index);
  }

  async #listFrom(index: number, signal: AbortSignal | undefined): Promise<void> {
    this.#fromIndex = index;
    for await (const page of walkListing(this.#door, { snapshotId: this.#snapshotId }, { startIndex: index, isAhead: false, signal })) {
      this.#listed = new Map(page.blocks.map((block) => [block.index, block]));
      this.#endIndex = (page.blocks.at(-1)?.index ?? index) + 1;
      if (page.nextToken !== undefined && page.blocks.length === 0) continue;
      if (page.nextToken === undefined) this.#endIndex = Number.POSITIVE_INFINITY;
      return;
    }
  }
}
