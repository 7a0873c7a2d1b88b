import { availableParallelism } from "node:os";
import { RawImageWriter } from "../../src/adapters/directory/raw-image-writer.js";
import type { Repository } from "../../src/index.js";
import { BlockThreads } from "../../src/repository/pack/sealing/block-threads.js";
import { OpenThreads } from "../../src/repository/pack/sealing/open-threads.js";
import { restoreInto } from "../../src/restore/restore-into.js";

/** Restores the newest point to a raw image. */
export async function restore(repository: Repository, path: string): Promise<{ readonly blocks: number; readonly storedBlocks: number }> {
  const points = [];
  for await (const point of repository.restorePoints()) points.push(point);
  const newest = points.at(-1);
  if (newest === undefined) throw new Error("There is no restore point.");
  const blocks = (await newest.blockMap()).root.presentBlocks;
  const opener = new OpenThreads({ threads: new BlockThreads({ threads: availableParallelism() }), maxHeldBlocks: 128 });
  await restoreInto(newest, { opener, openWriter: ({ sizeBytes, dataBytes }) => RawImageWriter.open({ path, sizeBytes, dataBytes }) });
  await opener.close();
  return { blocks, storedBlocks: 0 };
}
