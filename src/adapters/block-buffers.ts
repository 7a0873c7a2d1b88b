import { blockSizeBytes } from "../ports/index.js";

/** What is kept for the next blocks: 32 MiB, as many as one volume has under way by default. More are left to the garbage collector. */
const maxKept = 64;

/**
 * The memory of blocks that were used, for the next ones. New memory for each block costs more than the block's way through the socket: the kernel has
 * to clear its pages, and the garbage collector to find out that it is not needed any more.
 */
export class BlockBuffers {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockSizeBytes);
  }

  /** Whoever gives a buffer back must not look at it again. */
  give(buffer: Buffer): void {
    if (this.#free.length < maxKept) this.#free.push(buffer);
  }

  /** What gives a block's buffer back, once however often it is called. */
  releaseOf(buffer: Buffer): () => void {
    let isHeld = true;
    return () => {
      if (isHeld) this.give(buffer);
      isHeld = false;
    };
  }
}
