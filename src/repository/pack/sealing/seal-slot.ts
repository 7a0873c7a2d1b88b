import { blockSizeBytes } from "../../../ports/index.js";
import { blockIdBytes, frameHeaderBytes, frameTagBytes } from "../../format/frame-header.js";
import type { FrameSeal, SealedFrame } from "../frame-codec.js";
import type { ThreadSlot } from "./block-threads.js";

const keyBytes = 32;
const repositoryIdBytes = 16;
const sealBytes = repositoryIdBytes + blockIdBytes + keyBytes;
const maxFrameBytes = frameHeaderBytes + blockSizeBytes + frameTagBytes;

/** The memory of one slot: a block, its frame, and what it is sealed with. 1 MiB. */
export const slotBytes = blockSizeBytes + maxFrameBytes + sealBytes;

/** A place in memory that two threads share: the block goes in on one side, its frame comes out on the other. */
export class SealSlot implements ThreadSlot {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  readonly #block: Buffer;
  readonly #frame: Buffer;
  readonly #seal: Buffer;

  constructor({ number, memory = new SharedArrayBuffer(slotBytes) }: { readonly number: number; readonly memory?: SharedArrayBuffer | undefined }) {
    this.number = number;
    this.memory = memory;
    this.#block = Buffer.from(memory, 0, blockSizeBytes);
    this.#frame = Buffer.from(memory, blockSizeBytes, maxFrameBytes);
    this.#seal = Buffer.from(memory, blockSizeBytes + maxFrameBytes, sealBytes);
  }

  get block(): Buffer {
    return this.#block;
  }

  fill({ repositoryId, blockId, key }: FrameSeal, block: Buffer): void {
    block.copy(this.#block);
    repositoryId.copy(this.#seal);
    blockId.copy(this.#seal, repositoryIdBytes);
    key.copy(this.#seal, repositoryIdBytes + blockIdBytes);
  }

  /** What the block in it is to be sealed with. */
  seal(level: number): FrameSeal {
    const keyAt = repositoryIdBytes + blockIdBytes;
    return { repositoryId: this.#seal.subarray(0, repositoryIdBytes), blockId: this.#seal.subarray(repositoryIdBytes, keyAt), key: this.#seal.subarray(keyAt), level };
  }

  /** Puts a frame into it; gives its length. */
  put(frame: SealedFrame): number {
    let length = 0;
    for (const part of frame.parts) length += part.copy(this.#frame, length);
    return length;
  }

  /** The frame in it, until the slot is used again. */
  frame(blockId: Buffer, compression: number, length: number): SealedFrame {
    return { blockId, compression, parts: [this.#frame.subarray(0, length)], length };
  }

  /** Leaves no key behind. */
  clear(): void {
    this.#seal.fill(0);
  }
}
