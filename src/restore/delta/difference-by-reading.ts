import { blockSizeBytes, zeroBlockSha256, type BlockReader, type CallOptions } from "../../ports/index.js";
import { isLocation, leafBlocks } from "../../repository/format/leaf.js";
import type { BlockMap } from "../../repository/map/block-map.js";
import { concurrently } from "../../concurrency/concurrently.js";
import { BlockSet } from "../../transfer/block-set.js";

/** Reads under way where the snapshot's reader names no number. */
const defaultReadsInFlight = 64;

/**
 * In which blocks a snapshot differs from a block map, found by reading all that it holds and comparing the blocks' ids. A block that one of them does not have is zeros there. Raises `RangeError` where the
 * snapshot is larger than `volumeSizeBytes` and has data beyond it.
 */
export async function differenceByReading(reader: BlockReader, map: BlockMap, volumeSizeBytes: number, { signal }: CallOptions): Promise<BlockSet> {
  const { keys } = map.context;
  // what the map holds and the snapshot was not yet seen to hold
  const different = new BlockSet(volumeSizeBytes / blockSizeBytes);
  for await (const { number, leaf } of map.leaves({ signal })) for (const [position, slot] of leaf.entries()) if (isLocation(slot)) different.add(number * leafBlocks + position);
  await concurrently(
    reader.blocks({ signal }),
    () => reader.readsInFlight ?? defaultReadsInFlight,
    async (reference) => {
      const { index, sha256, release } = await reader.read(reference, { signal });
      release?.();
      const slot = (await map.leaf(Math.floor(index / leafBlocks), { signal }))?.[index % leafBlocks];
      const isSame = slot !== undefined && isLocation(slot) ? keys.blockId(sha256).equals(slot.blockId) : sha256.equals(zeroBlockSha256);
      if (isSame) different.delete(index);
      else different.add(index);
    },
  );
  return different;
}
