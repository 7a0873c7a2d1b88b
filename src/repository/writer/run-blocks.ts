import type { DirectoryEntry } from "../format/pack-directory.js";
import type { PlacedBlock } from "./pack-writer.js";

/**
 * The blocks in packs that are being filled or on their way, for all volumes of a restore point: what two volumes share, or
 * one holds twice, is stored once. A stored pack's blocks leave it, for the dedup index has them then; so it stays small.
 */
export class RunBlocks {
  readonly #blocks = new Map<string, PlacedBlock>();
  /** Blocks that are being sealed and have no place yet. */
  readonly #coming = new Map<string, Promise<PlacedBlock>>();
  #storedPacks = 0;

  /** Grows with every pack whose blocks went over to the index. */
  get storedPacks(): number {
    return this.#storedPacks;
  }

  find(blockId: Buffer): PlacedBlock | undefined {
    return this.#blocks.get(keyOf(blockId));
  }

  /** Where a block will be that is being sealed; rejects where it is not stored after all. */
  findComing(blockId: Buffer): Promise<PlacedBlock> | undefined {
    return this.#coming.get(keyOf(blockId));
  }

  /** Says that a block is going to be placed: whoever finds the same one waits for it. */
  expect(blockId: Buffer): ComingBlock {
    const key = keyOf(blockId);
    let settle: { readonly resolve: (block: PlacedBlock) => void; readonly reject: (error: unknown) => void } | undefined;
    const placed = new Promise<PlacedBlock>((resolve, reject) => (settle = { resolve, reject }));
    // whoever waits for it raises it
    placed.catch(() => undefined);
    this.#coming.set(key, placed);
    return {
      placed: (block) => {
        this.#coming.delete(key);
        this.#blocks.set(key, block);
        settle?.resolve(block);
      },
      failed: (error) => {
        if (this.#coming.get(key) === placed) this.#coming.delete(key);
        settle?.reject(error);
      },
    };
  }

  /** The pack of these blocks is stored, or never will be. */
  release(entries: readonly DirectoryEntry[]): void {
    for (const { blockId } of entries) this.#blocks.delete(keyOf(blockId));
    this.#storedPacks++;
  }
}

/** A block that was promised. */
export interface ComingBlock {
  readonly placed: (block: PlacedBlock) => void;
  readonly failed: (error: unknown) => void;
}

function keyOf(blockId: Buffer): string {
  return blockId.toString("latin1");
}
