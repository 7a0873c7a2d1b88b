import { blockSizeBytes } from "../ports/index.js";
import type { RestoreSource } from "./find-source.js";
import type { ImageFiles } from "./image-files.js";
import type { ImageRestoreOptions } from "./restore-options.js";
import { moveBlocks, type RestoreRun } from "./restore-run.js";

/** What an image's restore made. JSON. */
export interface ImageRestored {
  readonly session: string;
  readonly restorePoint: string;
  readonly sourceVolume: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly bytes: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

/** Writes a raw disk image. After a failure nothing of it is left. */
export async function restoreToImage(run: RestoreRun, source: RestoreSource, { path, overwrite = false }: ImageRestoreOptions, imageFiles: ImageFiles): Promise<Omit<ImageRestored, "startedAt" | "endedAt" | "durationMs">> {
  const { volumeSizeBytes, presentBlocks } = source.map.root;
  const writer = await imageFiles.create({ path, sizeBytes: volumeSizeBytes, dataBytes: presentBlocks * blockSizeBytes, overwrite });
  const { made, blocks } = await moveBlocks(run, source, writer);
  return { session: run.session.id, restorePoint: source.point.id, sourceVolume: source.volumeId, path: made.path, sizeBytes: made.sizeBytes, blocks, bytes: blocks * blockSizeBytes };
}
