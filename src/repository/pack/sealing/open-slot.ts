import { blockSizeBytes } from "../../../ports/index.js";
import { blockIdBytes, frameHeaderBytes, frameTagBytes } from "../../format/frame-header.js";
import type { FrameOpening, OpenedBlock } from "../frame-codec.js";
import type { ThreadSlot } from "./block-threads.js";

const keyBytes = 32;
const repositoryIdBytes = 16;
const sha256Bytes = 32;
const maxFrameBytes = frameHeaderBytes + blockSizeBytes + frameTagBytes;
const openingBytes = repositoryIdBytes + blockIdBytes + 2 * keyBytes;

/** A frame goes in on one side, its block comes out on the other, in the same place: half a MiB, and what it is opened with. */
export class OpenSlot implements ThreadSlot {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  readonly #content: Buffer;
  readonly #opening: Buffer;
  readonly #sha256: Buffer;

  constructor({ number, memory = new SharedArrayBuffer(maxFrameBytes + openingBytes + sha256Bytes) }: { readonly number: number; readonly memory?: SharedArrayBuffer | undefined }) {
    this.number = number;
    this.memory = memory;
    this.#content = Buffer.from(memory, 0, maxFrameBytes);
    this.#opening = Buffer.from(memory, maxFrameBytes, openingBytes);
    this.#sha256 = Buffer.from(memory, maxFrameBytes + openingBytes, sha256Bytes);
  }

  fill({ repositoryId, expected, key, idKey }: FrameOpening, frame: Buffer): void {
    frame.copy(this.#content);
    let at = 0;
    for (const part of [repositoryId, expected.blockId, key, idKey]) at += part.copy(this.#opening, at);
  }

  frame(length: number): Buffer {
    return this.#content.subarray(0, length);
  }

  /** What the frame in it is to be opened with. */
  opening(length: number, compression: number): FrameOpening {
    const idAt = repositoryIdBytes;
    const keyAt = idAt + blockIdBytes;
    const idKeyAt = keyAt + keyBytes;
    const part = this.#opening.subarray.bind(this.#opening);
    return { repositoryId: part(0, idAt), expected: { blockId: part(idAt, keyAt), length, compression }, key: part(keyAt, idKeyAt), idKey: part(idKeyAt) };
  }

  /** Puts the opened block in the frame's place. */
  put({ data, sha256 }: OpenedBlock): void {
    data.copy(this.#content);
    sha256.copy(this.#sha256);
  }

  /** The block in it, until the slot is used again. */
  block(release: () => void): OpenedBlock {
    return { data: this.#content.subarray(0, blockSizeBytes), sha256: Buffer.from(this.#sha256), release };
  }

  /** Leaves no key behind. */
  clear(): void {
    this.#opening.fill(0);
  }
}
