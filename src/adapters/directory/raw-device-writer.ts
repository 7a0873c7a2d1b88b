import { stat, type FileHandle } from "node:fs/promises";
import { ConfigurationError, ConflictError, IllegalStateError } from "../../errors/index.js";
import { blockSizeBytes, type BlockData, type BlockWriter } from "../../ports/index.js";
import { deviceBytes, openDevice } from "./device.js";
import { directoryError, systemCode } from "./directory-error.js";
import type { RawImageWriterOptions, WrittenImage } from "./raw-image-writer.js";

/** Whether there is a block device of that name. */
export async function isBlockDevice(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isBlockDevice();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw directoryError(error, "access", path);
  }
}

/**
 * Writes an image over a block device, for itself alone. What the image has no data for becomes zeros, as far as it is none already; what the device has beyond the image's end is left.
 */
export class RawDeviceWriter implements BlockWriter<WrittenImage> {
  readonly target: string;
  readonly #sizeBytes: number;
  readonly #handle: FileHandle;
  /** A bit for each block that was written. */
  readonly #written: Uint8Array;
  #hasWritten = false;

  private constructor(path: string, sizeBytes: number, handle: FileHandle) {
    this.target = path;
    this.#sizeBytes = sizeBytes;
    this.#handle = handle;
    this.#written = new Uint8Array(Math.ceil(sizeBytes / blockSizeBytes / 8));
  }

  /**
   * `ConflictError` (`ImageExists`) unless `overwrite` is true, for a device always holds something; `DeviceInUse` where it is mounted; `ConfigurationError` (`DeviceTooSmall`). Then nothing was written.
   */
  static async open({ path, sizeBytes, overwrite }: Omit<RawImageWriterOptions, "dataBytes">): Promise<RawDeviceWriter> {
    if (overwrite !== true) throw new ConflictError(`${path} is a device: all that is on it would be replaced. Say overwrite: true, if that is meant.`, { code: "ImageExists", context: { path } });
    let handle: FileHandle | undefined;
    try {
      handle = await openDevice(path, "write");
      if (!(await handle.stat()).isBlockDevice()) throw new ConfigurationError(`${path} is no block device any more. Choose another device.`, { code: "NotAnImage", context: { path } });
      const roomBytes = await deviceBytes(handle);
      if (roomBytes >= sizeBytes) return new RawDeviceWriter(path, sizeBytes, handle);
      throw new ConfigurationError(`${path} is too small: it has ${String(roomBytes)} bytes, the image ${String(sizeBytes)}. Nothing was written. Choose a larger device.`, { code: "DeviceTooSmall", context: { path, sizeBytes, roomBytes } });
    } catch (error) {
      await handle?.close();
      throw directoryError(error, "open", path);
    }
  }

  async write({ index, data }: BlockData): Promise<void> {
    this.#written[index >> 3] = (this.#written[index >> 3] ?? 0) | (1 << (index & 7));
    try {
      await this.#put(index, data);
    } catch (error) {
      throw directoryError(error, "write", this.target);
    }
  }

  async complete({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<WrittenImage> {
    try {
      await this.#zeroTheRest(signal);
      await this.#handle.sync();
      await this.#handle.close();
    } catch (error) {
      throw directoryError(error, "complete", this.target);
    }
    return { path: this.target, sizeBytes: this.#sizeBytes };
  }

  /** Closes the device. `IllegalStateError` (`PartlyWritten`) where something was written: that cannot be undone. */
  async abort(): Promise<void> {
    await this.#handle.close();
    if (this.#hasWritten) throw new IllegalStateError(`${this.target} holds a part of the image; what was on it is lost. Restore to it again.`, { code: "PartlyWritten", context: { path: this.target } });
  }

  /** Looks before it writes: a thin or new device stays as small as it is. */
  async #zeroTheRest(signal: AbortSignal | undefined): Promise<void> {
    const zeros = Buffer.alloc(blockSizeBytes);
    const found = Buffer.allocUnsafeSlow(blockSizeBytes);
    for (let index = 0; index * blockSizeBytes < this.#sizeBytes; index++) {
      if (((this.#written[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) continue;
      signal?.throwIfAborted();
      const length = this.#lengthOf(index);
      const { bytesRead } = await this.#handle.read(found, 0, length, index * blockSizeBytes);
      if (bytesRead < length || !found.subarray(0, length).equals(zeros.subarray(0, length))) await this.#put(index, zeros);
    }
  }

  async #put(index: number, data: Buffer): Promise<void> {
    this.#hasWritten = true;
    const length = this.#lengthOf(index);
    for (let written = 0; written < length; ) written += (await this.#handle.write(data, written, length - written, index * blockSizeBytes + written)).bytesWritten;
  }

  #lengthOf(index: number): number {
    return Math.min(blockSizeBytes, this.#sizeBytes - index * blockSizeBytes);
  }
}
