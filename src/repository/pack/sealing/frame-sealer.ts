import { sealBlock, type FrameSeal, type SealedFrame } from "../frame-codec.js";

/** A block that is being sealed: its own memory is free again. */
export interface Sealing {
  readonly frame: Promise<SealedFrame>;
  /** To be called once nobody looks at the frame any more, or wants it. */
  readonly release: () => void;
}

/** A place for one block to be sealed in. It must be used, or left. */
export interface SealPlace {
  /** Takes the block's bytes, and begins. */
  begin(seal: FrameSeal, block: Buffer): Sealing;
  leave(): void;
}

/** Seals blocks: here, or in threads. */
export interface FrameSealer {
  /** Blocks that may be on their way while others are looked at. */
  readonly lookAhead: number;
  /** Whether there is more to seal at present than it gets done at once. */
  readonly isBusy: boolean;
  /** A place for the next block; waits until one is free. */
  place(signal?: AbortSignal): Promise<SealPlace> | SealPlace;
}

/** Seals each block at once, in the calling thread. */
export const sealHere: FrameSealer = {
  lookAhead: 0,
  isBusy: true,
  place: () => ({
    begin: (seal, block) => {
      const frame = sealBlock(seal, block);
      return { frame: Promise.resolve(frame), release: () => undefined };
    },
    leave: () => undefined,
  }),
};
