import { access, open, rename, rm, statfs, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { ConflictError, ProviderError } from "../../errors/index.js";
import { blockSizeBytes, type BlockData, type BlockWriter } from "../../ports/index.js";
import { directoryError, systemCode } from "./directory-error.js";
import { fileMode, syncFolder } from "./private-folder.js";

export interface RawImageWriterOptions {
  readonly path: string;
  /** The image's exact size in the end. */
  readonly sizeBytes: number;
  /** Bytes of data to come, to see beforehand whether there is room. */
  readonly dataBytes?: number | undefined;
  /** Whether an existing file may be replaced. Default: no. */
  readonly overwrite?: boolean | undefined;
}

/** What a finished image is. */
export interface WrittenImage {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Writes a sparse raw disk image: under `<path>.partial`, private, until it is complete. */
export class RawImageWriter implements BlockWriter<WrittenImage> {
  readonly target: string;
  readonly #sizeBytes: number;
  readonly #handle: FileHandle;

  private constructor(path: string, sizeBytes: number, handle: FileHandle) {
    this.target = path;
    this.#sizeBytes = sizeBytes;
    this.#handle = handle;
  }

  /** `ConflictError` (`ImageExists`) where there is a file already; `ProviderError` (`NoSpace`) where it would not fit. Then nothing was made. */
  static async open(options: RawImageWriterOptions): Promise<RawImageWriter> {
    const { path, sizeBytes } = options;
    if (options.overwrite !== true && (await exists(path))) {
      throw new ConflictError(`There is already a file ${path}. Choose another path, or say overwrite: true.`, { code: "ImageExists", context: { path } });
    }
    try {
      const { bavail, bsize } = await statfs(dirname(path));
      if ((options.dataBytes ?? 0) > bavail * bsize) throw noSpace(path, options.dataBytes ?? 0, bavail * bsize);
      const handle = await open(partialPath(path), "w", fileMode);
      try {
        await handle.truncate(sizeBytes);
      } catch (error) {
        await handle.close();
        await rm(partialPath(path), { force: true });
        throw error;
      }
      return new RawImageWriter(path, sizeBytes, handle);
    } catch (error) {
      throw systemCode(error) === undefined ? error : directoryError(error, "create", path);
    }
  }

  async write({ index, data }: BlockData): Promise<void> {
    const offset = index * blockSizeBytes;
    const length = Math.min(blockSizeBytes, this.#sizeBytes - offset);
    try {
      for (let written = 0; written < length; ) {
        const { bytesWritten } = await this.#handle.write(data, written, length - written, offset + written);
        written += bytesWritten;
      }
    } catch (error) {
      throw directoryError(error, "write", this.target);
    }
  }

  async complete(): Promise<WrittenImage> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(partialPath(this.target), this.target);
      await syncFolder(dirname(this.target));
    } catch (error) {
      throw directoryError(error, "complete", this.target);
    }
    return { path: this.target, sizeBytes: this.#sizeBytes };
  }

  async abort(): Promise<void> {
    await this.#handle.close();
    await rm(partialPath(this.target), { force: true });
  }
}

function partialPath(path: string): string {
  return `${path}.partial`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw directoryError(error, "access", path);
  }
}

function noSpace(path: string, neededBytes: number, freeBytes: number): ProviderError {
  return new ProviderError(`There is no room for ${path}: ${String(neededBytes)} bytes are needed, ${String(freeBytes)} are free. Nothing was made. Choose another disk or free some room.`, {
    code: "NoSpace",
    service: "directory",
    operation: "create",
    context: { path, neededBytes, freeBytes },
  });
}
