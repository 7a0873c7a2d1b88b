import { createHash } from "node:crypto";
import { blockSizeBytes, maxBlocks, type BlockData, type BlockReader } from "../../src/ports/index.js";

/** Blocks of a leaf of the block map (docs/repository-format.md, section 5). */
const leafBlocks = 256;
/** Leaves of a volume of 64 TiB. */
export const allLeaves = maxBlocks / leafBlocks;

/** Few contents, so that the map is what costs, not the data. */
const contents = Array.from({ length: 8 }, (_, number) => {
  const data = Buffer.alloc(blockSizeBytes, `content ${String(number)} `);
  return { data, sha256: createHash("sha256").update(data).digest() };
});

/** The block of a leaf that holds data. */
function indexIn(leaf: number): number {
  return leaf * leafBlocks + (leaf % leafBlocks);
}

/** How many leaves differ between two snapshots. */
export const changedLeaves = allLeaves / 512;

/** A volume of 64 TiB of which every leaf of the block map has a block: the largest number of pages that there can be. */
export function fullMapReader(snapshot: number): BlockReader {
  return {
    source: `snap-${String(snapshot)}`,
    volumeSizeBytes: maxBlocks * blockSizeBytes,
    async *blocks({ startIndex = 0 } = {}) {
      for (let leaf = Math.floor(startIndex / leafBlocks); leaf < allLeaves; leaf++) if (indexIn(leaf) >= startIndex) yield await Promise.resolve({ index: indexIn(leaf) });
    },
    async *changesSince() {
      for (let leaf = 0; leaf < allLeaves; leaf += 512) yield await Promise.resolve({ index: indexIn(leaf), reference: { index: indexIn(leaf) } });
    },
    read: ({ index }): Promise<BlockData> => Promise.resolve({ index, ...contentOf(Math.floor(index / leafBlocks), snapshot) }),
    close: () => Promise.resolve(),
  };
}

function contentOf(leaf: number, snapshot: number): { readonly data: Buffer; readonly sha256: Buffer } {
  const content = contents[(leaf + (leaf % 512 === 0 ? snapshot : 0)) % contents.length];
  if (content === undefined) throw new Error("There is no such content.");
  return content;
}
