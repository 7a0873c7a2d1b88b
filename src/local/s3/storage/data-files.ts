import { randomBytes } from "node:crypto";
import { open, readdir, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Segment } from "./object-version.js";
import { syncDirectory } from "./sync-directory.js";

/** How much of a body is gathered before it is hashed and written: fewer, larger steps. */
const WRITE_CHUNK_BYTES = 1024 * 1024;

/** The files with the objects' bytes, named at random and never by key: one for each object or part. */
export class DataFiles {
  readonly directory: string;
  readonly #isDurable: boolean;
  /** Files being read; one that is released meanwhile is removed after its last reader. */
  readonly #readers = new Map<string, number>();
  readonly #released = new Set<string>();
  #hasNewNames = false;

  constructor(directory: string, isDurable: boolean) {
    this.directory = directory;
    this.#isDurable = isDurable;
  }

  /** Writes what `body` gives to a new file, calling `observe` with each piece first; on an error no file stays. */
  async write(body: AsyncIterable<Uint8Array>, observe: (bytes: Uint8Array) => void): Promise<Segment> {
    const file = randomBytes(16).toString("hex");
    const handle = await open(this.path(file), "wx");
    let isWritten = false;
    try {
      const sizeBytes = await this.#writePieces(handle, body, observe);
      if (this.#isDurable && sizeBytes > 0) await handle.datasync();
      this.#hasNewNames = true;
      isWritten = true;
      return { file, sizeBytes };
    } finally {
      await handle.close();
      if (!isWritten) await unlink(this.path(file));
    }
  }

  async #writePieces(
    handle: FileHandle,
    body: AsyncIterable<Uint8Array>,
    observe: (bytes: Uint8Array) => void,
  ): Promise<number> {
    let sizeBytes = 0;
    let pieces: Uint8Array[] = [];
    let gatheredBytes = 0;
    const flush = async () => {
      if (gatheredBytes === 0) return;
      const { bytesWritten } = await handle.writev(pieces, sizeBytes);
      if (bytesWritten !== gatheredBytes) throw new Error(`Only ${bytesWritten} of ${gatheredBytes} bytes could be written.`);
      sizeBytes += gatheredBytes;
      pieces = [];
      gatheredBytes = 0;
    };
    for await (const piece of body) {
      observe(piece);
      pieces.push(piece);
      gatheredBytes += piece.length;
      if (gatheredBytes >= WRITE_CHUNK_BYTES) await flush();
    }
    await flush();
    return sizeBytes;
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  /** Makes the names of files written so far durable. */
  async syncNames(): Promise<void> {
    if (!this.#isDurable || !this.#hasNewNames) return;
    this.#hasNewNames = false;
    await syncDirectory(this.directory);
  }

  /** Keeps the segments' files until the returned function is called. */
  hold(segments: readonly Segment[]): () => Promise<void> {
    for (const { file } of segments) this.#readers.set(file, (this.#readers.get(file) ?? 0) + 1);
    let isHeld = true;
    return async () => {
      if (!isHeld) return;
      isHeld = false;
      for (const { file } of segments) {
        const readers = (this.#readers.get(file) ?? 1) - 1;
        if (readers > 0) {
          this.#readers.set(file, readers);
          continue;
        }
        this.#readers.delete(file);
        if (this.#released.delete(file)) await unlink(this.path(file));
      }
    };
  }

  /** Removes files that no version refers to any more. */
  async release(files: Iterable<string>): Promise<void> {
    for (const file of files) {
      if (this.#readers.has(file)) this.#released.add(file);
      else await unlink(this.path(file));
    }
  }

  /** Removes the files that a killed process left: all but `referenced`. */
  async sweep(referenced: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.directory)) {
      if (!referenced.has(name)) await unlink(this.path(name));
    }
  }
}
