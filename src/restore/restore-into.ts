import { blockSizeBytes, type BlockWriter } from "../ports/index.js";
import type { FrameOpener } from "../repository/pack/sealing/frame-opener.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import { restoreVolume } from "../transfer/restore-volume.js";

/** What is restored, and into what. */
export interface RestoreIntoOptions<Result> {
  /** Which volume; may be left out where the point has only one. */
  readonly volume?: string | undefined;
  /** Makes the writer once the volume's size and data are known. */
  readonly openWriter: (volume: { readonly sizeBytes: number; readonly dataBytes: number }) => Promise<BlockWriter<Result>>;
  /** Who opens the blocks; by default the calling thread. */
  readonly opener?: FrameOpener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Restores one volume into any writer; after a failure what was written is removed again. */
export async function restoreInto<Result>(point: RestorePoint, options: RestoreIntoOptions<Result>): Promise<Result> {
  const map = await point.blockMap(options.volume, { signal: options.signal });
  const writer = await options.openWriter({ sizeBytes: map.root.volumeSizeBytes, dataBytes: map.root.presentBlocks * blockSizeBytes });
  try {
    await restoreVolume(map, writer, options);
    return await writer.complete(options);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
