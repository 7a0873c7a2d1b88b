import { randomBytes } from "node:crypto";
import { access, link, open, rename, rm, stat, statfs, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigurationError, ConflictError, ProviderError } from "../../errors/index.js";
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

/**
 * Writes a sparse raw disk image: private, and under a name of its own that ends in `.partial`, until it is complete. Only a
 * process that is killed leaves that file.
 */
export class RawImageWriter implements BlockWriter<WrittenImage> {
  readonly target: string;
  readonly #options: RawImageWriterOptions;
  readonly #partial: string;
  readonly #handle: FileHandle;

  private constructor(options: RawImageWriterOptions, partial: string, handle: FileHandle) {
    this.target = options.path;
    this.#options = options;
    this.#partial = partial;
    this.#handle = handle;
  }

  /** `ConflictError` (`ImageExists`) where there is a file already; `ProviderError` (`NoSpace`) where it would not fit. Then nothing was made. */
  static async open(options: RawImageWriterOptions): Promise<RawImageWriter> {
    const { path, sizeBytes } = options;
    await refuseDevice(path);
    if (options.overwrite !== true && (await exists(path))) throw imageExists(path);
    try {
      const { bavail, bsize } = await statfs(dirname(path));
      if ((options.dataBytes ?? 0) > bavail * bsize) throw noSpace(path, options.dataBytes ?? 0, bavail * bsize);
      const partial = `${path}.${randomBytes(6).toString("hex")}.partial`;
      const handle = await open(partial, "wx", fileMode);
      try {
        await handle.truncate(sizeBytes);
      } catch (error) {
        await handle.close();
        await rm(partial, { force: true });
        throw error;
      }
      return new RawImageWriter(options, partial, handle);
    } catch (error) {
      throw systemCode(error) === undefined ? error : directoryError(error, "create", path);
    }
  }

  async write({ index, data }: BlockData): Promise<void> {
    const offset = index * blockSizeBytes;
    const length = Math.min(blockSizeBytes, this.#options.sizeBytes - offset);
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
      if (this.#options.overwrite === true) await rename(this.#partial, this.target);
      else await this.#takeName();
      await syncFolder(dirname(this.target));
    } catch (error) {
      throw error instanceof ConflictError ? error : directoryError(error, "complete", this.target);
    }
    return { path: this.target, sizeBytes: this.#options.sizeBytes };
  }

  async abort(): Promise<void> {
    await this.#handle.close();
    await rm(this.#partial, { force: true });
  }

  /** Gives the file its name unless somebody else took it meanwhile: unlike a rename, a link replaces nothing. */
  async #takeName(): Promise<void> {
    try {
      await link(this.#partial, this.target);
    } catch (error) {
      if (systemCode(error) === "EEXIST") throw imageExists(this.target);
      if (!linklessSystems.has(systemCode(error) ?? "")) throw error;
      if (await exists(this.target)) throw imageExists(this.target);
      await rename(this.#partial, this.target);
      return;
    }
    await rm(this.#partial);
  }
}

/** What file systems say that know no links. */
const linklessSystems: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

function imageExists(path: string): ConflictError {
  return new ConflictError(`There is already a file ${path}. Choose another path, or say overwrite: true.`, { code: "ImageExists", context: { path } });
}

/** Taking its name would put a file in a device's place. */
async function refuseDevice(path: string): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw directoryError(error, "access", path);
  }
  throw new ConfigurationError(`${path} is there and is neither a file nor a block device. Choose another path.`, { code: "NotAnImage", context: { path } });
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
