import type { DirectoryEntry } from "../format/pack-directory.js";
import type { PlacedBlock } from "./pack-writer.js";

/**
 * The blocks in packs that are being filled or on their way, for all volumes of a restore point: what two volumes share, or
 * one holds twice, is stored once. A stored pack's blocks leave it, for the dedup index has them then; so it stays small.
 */
export class RunBlocks {
  readonly #blocks = new Map<string, PlacedBlock>();
  #storedPacks = 0;

  /** Grows with every pack whose blocks went over to the index. */
  get storedPacks(): number {
    return this.#storedPacks;
  }

  find(blockId: Buffer): PlacedBlock | undefined {
    return this.#blocks.get(keyOf(blockId));
  }

  add(block: PlacedBlock): void {
    this.#blocks.set(keyOf(block.entry.blockId), block);
  }

  /** The pack of these blocks is stored, or never will be. */
  release(entries: readonly DirectoryEntry[]): void {
    for (const { blockId } of entries) this.#blocks.delete(keyOf(blockId));
    this.#storedPacks++;
  }
}

function keyOf(blockId: Buffer): string {
  return blockId.toString("latin1");
}
