import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ProviderError } from "../../../errors/index.js";
import type { CallOptions } from "../../../ports/index.js";
import type { EngineEnvironment } from "../../../session/index.js";
import type { ByteSource } from "../../bytes/byte-source.js";
import { ScratchDevice } from "../../device/scratch-device.js";
import type { FileEntry } from "../file-entry.js";
import { damagedFileSystem, fileNotFound, notAFile, notAFolder } from "../file-errors.js";
import { encodeName, isPlainName, pathParts } from "../file-name.js";
import type { FileRange, FileSystemReader } from "../file-system-reader.js";
import { entryOf, type KernelFacts } from "./kernel-entry.js";
import type { KernelMount } from "./kernel-support.js";
import { MountFailure, MountProcess } from "./mount-process.js";

/** What replayed journals may take of the temporary directory's disk. */
const overlayBytes = 4 * 2 ** 30;
/** Pieces in which a file is given. */
const pieceBytes = 2 ** 20;

/** A file system that this machine's kernel reads: over a block device with an overlay, mounted in a process of its own. */
export class KernelReader implements FileSystemReader {
  readonly leavesAttributesOut = true;
  readonly #mounted: MountProcess;
  readonly #end: () => Promise<void>;

  private constructor(mounted: MountProcess, end: () => Promise<void>) {
    this.#mounted = mounted;
    this.#end = end;
  }

  static async open(environment: EngineEnvironment, source: ByteSource, mount: KernelMount, { signal }: CallOptions = {}): Promise<KernelReader> {
    signal?.throwIfAborted();
    const device = await ScratchDevice.open(environment, source, { overlayBytes, description: "a file system of a restore point" });
    try {
      for (const name of ["disk", "root"]) await mkdir(join(device.folder, name));
      const mounted = await MountProcess.start(device.folder, device.uri, mount, { signal });
      const end = async (): Promise<void> => {
        await mounted.end(environment.clock);
        await device.close();
      };
      return new KernelReader(mounted, end);
    } catch (error) {
      await device.close();
      throw error instanceof MountFailure ? damagedFileSystem(`the kernel does not mount it as ${mount.type} (${error.message})`) : error;
    }
  }

  async *list(path: string, options: CallOptions = {}): AsyncGenerator<FileEntry> {
    const parts = partsOf(path);
    options.signal?.throwIfAborted();
    const found: KernelFacts[] = [];
    await this.#ask(path, "list", { parts }, (part) => found.push(...(part as KernelFacts[])));
    const prefix = pathParts(path).join("/");
    for (const facts of found) yield entryOf(prefix, facts);
  }

  async stat(path: string, options: CallOptions = {}): Promise<FileEntry> {
    options.signal?.throwIfAborted();
    const parts = pathParts(path);
    return entryOf(parts.slice(0, -1).join("/"), (await this.#ask(path, "stat", { parts: partsOf(path) })) as KernelFacts);
  }

  async *read(path: string, range: FileRange = {}): AsyncGenerator<Buffer> {
    const { kind, sizeBytes } = await this.stat(path, range);
    if (kind !== "file") throw notAFile(path, kind);
    const end = Math.min(range.end ?? Infinity, sizeBytes);
    const descriptor = await this.#ask(path, "open", { parts: partsOf(path) });
    try {
      for (let position = range.start ?? 0; position < end; ) {
        range.signal?.throwIfAborted();
        const piece = Buffer.from((await this.#ask(path, "read", { descriptor, position, length: Math.min(pieceBytes, end - position) })) as Uint8Array);
        if (piece.length === 0) throw damagedFileSystem(`"${path}" ends before its size`);
        yield piece;
        position += piece.length;
      }
    } finally {
      await this.#ask(path, "close", { descriptor });
    }
  }

  async close(): Promise<void> {
    await this.#end();
  }

  async #ask(path: string, operation: string, question: Readonly<Record<string, unknown>>, onPart?: (part: unknown) => void): Promise<unknown> {
    try {
      return await this.#mounted.ask(operation, question, onPart);
    } catch (error) {
      if (!(error instanceof MountFailure)) throw error;
      if (error.code === "ENOENT") throw fileNotFound(path);
      if (error.code === "ENOTDIR") throw operation === "list" ? notAFolder(path) : fileNotFound(path);
      if (error.code === "EUCLEAN" || error.code === "EFSBADCRC") throw damagedFileSystem(`"${path}": ${error.message}`);
      throw new ProviderError(`"${path}" could not be read by the kernel: ${error.message}. The log says more where the repository did not answer.`, { code: "FileReadFailed", service: "kernel", operation, awsCode: error.code, cause: error });
    }
  }
}

function partsOf(path: string): Buffer[] {
  return pathParts(path).map((part) => {
    if (!isPlainName(part)) throw fileNotFound(path);
    return encodeName(part);
  });
}
