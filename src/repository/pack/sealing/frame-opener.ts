import { openBlock, type FrameOpening, type OpenedBlock } from "../frame-codec.js";

/** Opens frames: here, or in threads. */
export interface FrameOpener {
  /** Frames that may be on their way while earlier ones are waited for. */
  readonly lookAhead: number;
  /** The block, proven to be the one expected; `IntegrityError` otherwise. The frame's memory is needed until this resolves; the block's is the caller's until it is released. */
  open(opening: FrameOpening, frame: Buffer, signal?: AbortSignal): Promise<OpenedBlock> | OpenedBlock;
}

/** Opens each frame at once, in the calling thread. */
export const openHere: FrameOpener = { lookAhead: 0, open: openBlock };
