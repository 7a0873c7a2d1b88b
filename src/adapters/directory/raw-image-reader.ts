import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { ConfigurationError, NotFoundError } from "../../errors/index.js";
import { blockSizeBytes, zeroBlockSha256, type BlockData, type BlockReader, type BlockReference } from "../../ports/index.js";
import { BlockBuffers } from "../block-buffers.js";
import { directoryError, systemCode } from "./directory-error.js";

/** Blocks that a listing has read and that are kept for who reads them next: 32 MiB. */
const keptBlocks = 64;
/** The largest volume there is, 64 TiB: where the search for a device's end begins. */
const maxDeviceBytes = 2 ** 46;

/**
 * A raw disk image (a file or a block device) as a frozen volume: nobody may write to it while it is read. Blocks that are all
 * zeros are not listed. They are found by reading: Node has no `lseek` with `SEEK_DATA`, so holes cost no disk access but the
 * time to look at zeros. A block that was listed a moment ago is not read from the disk again.
 */
export class RawImageReader implements BlockReader {
  readonly source: string;
  /** The image's size in bytes; its last block is filled up with zeros. */
  readonly volumeSizeBytes: number;
  readonly #handle: FileHandle;
  readonly #kept = new Map<number, Buffer>();
  readonly #buffers = new BlockBuffers();

  private constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.source = path;
    this.#handle = handle;
    this.volumeSizeBytes = sizeBytes;
  }

  /** Raises `NotFoundError` (`ImageNotFound`) where there is no such file, `ConfigurationError` (`NotAnImage`) where it is a folder or the like. */
  static async open(path: string): Promise<RawImageReader> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, "r");
      return new RawImageReader(path, handle, await sizeOf(handle, path));
    } catch (error) {
      await handle?.close();
      if (systemCode(error) === "ENOENT") throw new NotFoundError(`There is no image ${path}.`, { code: "ImageNotFound", context: { path }, cause: error });
      throw directoryError(error, "open", path);
    }
  }

  async *blocks(options: { readonly startIndex?: number | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<BlockReference> {
    const zeros = Buffer.alloc(blockSizeBytes);
    for (let index = options.startIndex ?? 0; index * blockSizeBytes < this.volumeSizeBytes; index++) {
      options.signal?.throwIfAborted();
      const data = await this.#readBlock(index, this.#buffers.take());
      if (data.equals(zeros)) {
        this.#buffers.releaseOf(data)();
        continue;
      }
      this.#keep(index, data);
      yield { index };
    }
  }

  async read({ index }: BlockReference): Promise<BlockData> {
    const data = this.#kept.get(index) ?? (await this.#readBlock(index, this.#buffers.take()));
    this.#kept.delete(index);
    const sha256 = createHash("sha256").update(data).digest();
    return { index, data, sha256: sha256.equals(zeroBlockSha256) ? zeroBlockSha256 : sha256, release: this.#buffers.releaseOf(data) };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #keep(index: number, data: Buffer): void {
    this.#kept.set(index, data);
    if (this.#kept.size <= keptBlocks) return;
    for (const [oldest, unread] of this.#kept) {
      this.#kept.delete(oldest);
      this.#buffers.releaseOf(unread)();
      return;
    }
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

/** How many bytes there are to read. A device does not say so in its attributes. */
async function sizeOf(handle: FileHandle, path: string): Promise<number> {
  const attributes = await handle.stat();
  if (attributes.isFile()) return attributes.size;
  if (attributes.isBlockDevice()) return await deviceBytes(handle);
  throw new ConfigurationError(`${path} is neither a file nor a block device: name a disk image or a disk.`, { code: "NotAnImage", context: { path } });
}

/** Where a device ends: the first offset at which there is nothing to read, by halving. */
export async function deviceBytes(handle: FileHandle): Promise<number> {
  const byte = Buffer.alloc(1);
  let [least, most] = [0, maxDeviceBytes];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    const { bytesRead } = await handle.read(byte, 0, 1, middle);
    if (bytesRead > 0) least = middle + 1;
    else most = middle;
  }
  return least;
}
