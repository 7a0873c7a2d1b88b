import { createHash } from "node:crypto";
import { open, stat, type FileHandle } from "node:fs/promises";
import { ConfigurationError, ConflictError, NotFoundError } from "../../errors/index.js";
import { blockSizeBytes, zeroBlockSha256, type BlockData, type BlockReader, type BlockReference } from "../../ports/index.js";
import { BlockBuffers } from "../block-buffers.js";
import { deviceBytes, openDevice } from "./device.js";
import { directoryError, systemCode } from "./directory-error.js";

/** Blocks that a listing has read and that are kept for who reads them next: 32 MiB. */
const keptBlocks = 64;

export interface RawImageReaderOptions {
  /** Whether it is taken though somebody else may write to it: a file that changes meanwhile, a device that is mounted. Default: no. */
  readonly allowInUse?: boolean | undefined;
}

/** What tells whether a file was written to, to the nanosecond. A device tells nothing: it is opened so that nobody else can mount it. */
interface FileState {
  readonly sizeBytes: number;
  readonly modifiedNs: bigint;
}

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
  /** As it was when it was opened; absent where changes are allowed, and of a device. */
  readonly #opened: FileState | undefined;

  private constructor(path: string, handle: FileHandle, sizeBytes: number, opened: FileState | undefined) {
    this.source = path;
    this.#handle = handle;
    this.volumeSizeBytes = sizeBytes;
    this.#opened = opened;
  }

  /**
   * Raises `NotFoundError` (`ImageNotFound`) where there is no such file, `ConfigurationError` (`NotAnImage`) where it is a folder, empty or the like, `ConflictError` (`DeviceInUse`) where it is a
   * device that is mounted.
   */
  static async open(path: string, { allowInUse = false }: RawImageReaderOptions = {}): Promise<RawImageReader> {
    let handle: FileHandle | undefined;
    try {
      // looked at first: to open a pipe is to wait for whoever writes into it
      const found = await stat(path);
      if (!found.isFile() && !found.isBlockDevice()) throw notAnImage(path, "is neither a file nor a block device");
      handle = found.isBlockDevice() && !allowInUse ? await openDevice(path, "read") : await open(path, "r");
      const attributes = await handle.stat({ bigint: true });
      if (attributes.isBlockDevice()) return new RawImageReader(path, handle, await deviceBytes(handle), undefined);
      if (attributes.size === 0n) throw notAnImage(path, "is empty");
      const state = { sizeBytes: Number(attributes.size), modifiedNs: attributes.mtimeNs };
      return new RawImageReader(path, handle, state.sizeBytes, allowInUse ? undefined : state);
    } catch (error) {
      await handle?.close();
      if (systemCode(error) === "ENOENT") throw new NotFoundError(`There is no image ${path}: check the path.`, { code: "ImageNotFound", context: { path }, cause: error });
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

  /** Raises `ConflictError` (`ImageChanged`) where the file was written to since it was opened. */
  async throwIfChanged(): Promise<void> {
    if (this.#opened === undefined) return;
    const { size, mtimeNs } = await this.#handle.stat({ bigint: true });
    if (Number(size) === this.#opened.sizeBytes && mtimeNs === this.#opened.modifiedNs) return;
    throw new ConflictError(`${this.source} was written to while it was read. Nothing was committed. Take a snapshot of it (of LVM, of its file system) or stop what writes to it; with allowInUse: true it is taken as it comes.`, { code: "ImageChanged", retryable: true, context: { path: this.source } });
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

function notAnImage(path: string, what: string): ConfigurationError {
  return new ConfigurationError(`${path} ${what}: name a disk image or a disk.`, { code: "NotAnImage", context: { path } });
}
