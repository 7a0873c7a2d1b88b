import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { walkListing } from "./walk-listing.js";

/** Two pages of tokens: some 10 MB with the longest ones. */
const maxRenewedTokens = 20_000;

/** A block as one of a snapshot's listings names it. */
export interface EbsBlockReference {
  readonly index: number;
  readonly token?: string | undefined;
  /** The snapshot whose changes were listed, where it was those. */
  readonly base?: string | undefined;
}

/**
 * Gets new tokens for old ones, which live for 7 days: by listing again from the block on, once for all that a page names.
 *
 * Changes are listed again as changes: a block that is not among them any more was none, and must not be read in place of
 * the one that changed.
 */
export class BlockTokens {
  readonly #door: SnapshotDoorContext;
  readonly #snapshotId: string;
  readonly #renewed = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(door: SnapshotDoorContext, snapshotId: string) {
    this.#door = door;
    this.#snapshotId = snapshotId;
  }

  /** The newest token known for a block. */
  current(reference: EbsBlockReference): string | undefined {
    return this.#renewed.get(keyOf(reference)) ?? reference.token;
  }

  /** A token in place of `refused`; `undefined` where the listing does not name the block. */
  async renew(reference: EbsBlockReference, refused: string | undefined, signal: AbortSignal | undefined): Promise<string | undefined> {
    // One listing at a time: most of those who wait find their token in its page.
    const turn = this.#turn.then(async () => {
      const known = this.#renewed.get(keyOf(reference));
      if (known !== undefined && known !== refused) return known;
      await this.#listFrom(reference, signal);
      return this.#renewed.get(keyOf(reference));
    });
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  async #listFrom({ index, base }: EbsBlockReference, signal: AbortSignal | undefined): Promise<void> {
    if (this.#renewed.size >= maxRenewedTokens / 2) this.#renewed.clear();
    this.#renewed.delete(keyOf({ index, base }));
    for await (const page of walkListing(this.#door, { snapshotId: this.#snapshotId, base }, { startIndex: index, isAhead: false, signal })) {
      for (const block of page.blocks) if (block.token !== undefined) this.#renewed.set(keyOf({ index: block.index, base }), block.token);
      if (page.blocks.length > 0) return;
    }
  }
}

function keyOf({ index, base = "" }: EbsBlockReference): string {
  return `${base}/${index}`;
}
