import { RawImageWriter } from "../../src/adapters/directory/raw-image-writer.js";
import type { Repository } from "../../src/index.js";
import { restoreInto } from "../../src/restore/restore-into.js";

/** Restores the newest point to a raw image. */
export async function restore(repository: Repository, path: string): Promise<{ readonly blocks: number; readonly storedBlocks: number }> {
  const points = [];
  for await (const point of repository.restorePoints()) points.push(point);
  const newest = points.at(-1);
  if (newest === undefined) throw new Error("There is no restore point.");
  const blocks = (await newest.blockMap()).root.presentBlocks;
  await restoreInto(newest, { openWriter: ({ sizeBytes, dataBytes }) => RawImageWriter.open({ path, sizeBytes, dataBytes }) });
  return { blocks, storedBlocks: 0 };
}
