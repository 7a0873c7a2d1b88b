import { IntegrityError } from "../../errors/index.js";
import type { BlockData } from "../../ports/index.js";
import { objectNames } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import { findFrames, type ReadOptions } from "./find-frames.js";
import type { FrameRange } from "./frame-ranges.js";

/** Reads a range and opens its frames: each block verified against its id. What is found nowhere is raised, never left out. */
export async function* readRange(map: BlockMap, range: FrameRange, options: ReadOptions): AsyncGenerator<BlockData> {
  const pack = await map.packReference(range.ordinal, options);
  for await (const found of findFrames(map, pack, range, options)) {
    const { index, location } = found.block;
    if (found.opened !== undefined) {
      yield { index, ...found.opened };
      continue;
    }
    if (found.error.name !== "IntegrityError") throw found.error;
    const name = objectNames.pack(pack.id);
    throw new IntegrityError(
      `Block ${String(index)} cannot be read: its data in ${name} at ${String(location.offset)} is damaged. Nothing of it was restored; repository.verify() names every point that needs it, and repository.repair() mends it where there is another copy.`,
      { code: "DamagedBlock", context: { object: name, offset: location.offset, block: index }, cause: found.error },
    );
  }
}
