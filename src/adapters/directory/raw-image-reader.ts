import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { NotFoundError } from "../../errors/index.js";
import { blockSizeBytes, zeroBlockSha256, type BlockData, type BlockReader, type BlockReference } from "../../ports/index.js";
import { BlockBuffers } from "../block-buffers.js";
import { directoryError, systemCode } from "./directory-error.js";

/** A raw disk image (a file or a block device) as a frozen volume. Blocks that are all zeros are not listed. */
export class RawImageReader implements BlockReader {
  readonly source: string;
  /** The image's size in bytes; its last block is filled up with zeros. */
  readonly volumeSizeBytes: number;
  readonly #handle: FileHandle;
  readonly #buffers = new BlockBuffers();

  private constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.source = path;
    this.#handle = handle;
    this.volumeSizeBytes = sizeBytes;
  }

  /** Raises `NotFoundError` (`ImageNotFound`) where there is no such file. */
  static async open(path: string): Promise<RawImageReader> {
    try {
      const handle = await open(path, "r");
      return new RawImageReader(path, handle, (await handle.stat()).size);
    } catch (error) {
      if (systemCode(error) === "ENOENT") throw new NotFoundError(`There is no image ${path}.`, { code: "ImageNotFound", context: { path }, cause: error });
      throw directoryError(error, "open", path);
    }
  }

  async *blocks(options: { readonly startIndex?: number | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<BlockReference> {
    const zeros = Buffer.alloc(blockSizeBytes);
    const block = Buffer.alloc(blockSizeBytes);
    for (let index = options.startIndex ?? 0; index * blockSizeBytes < this.volumeSizeBytes; index++) {
      options.signal?.throwIfAborted();
      if (!(await this.#readBlock(index, block)).equals(zeros)) yield { index };
    }
  }

  async read({ index }: BlockReference): Promise<BlockData> {
    const data = await this.#readBlock(index, this.#buffers.take());
    const sha256 = createHash("sha256").update(data).digest();
    return { index, data, sha256: sha256.equals(zeroBlockSha256) ? zeroBlockSha256 : sha256, release: this.#buffers.releaseOf(data) };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #readBlock(index: number, data: Buffer): Promise<Buffer> {
    for (let filled = 0; filled < blockSizeBytes; ) {
      const { bytesRead } = await this.#handle.read(data, filled, blockSizeBytes - filled, index * blockSizeBytes + filled);
      if (bytesRead === 0) {
        data.fill(0, filled);
        break;
      }
      filled += bytesRead;
    }
    return data;
  }
}
