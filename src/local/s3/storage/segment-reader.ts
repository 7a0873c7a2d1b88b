import { open, type FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import type { DataFiles } from "./data-files.js";
import type { Segment } from "./object-version.js";

const READ_CHUNK_BYTES = 512 * 1024;

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

interface Run {
  readonly path: string;
  position: number;
  remainingBytes: number;
}

/** A range of an object's bytes as a stream. The object's files stay until it has ended or was destroyed. */
export class SegmentReader extends Readable {
  readonly #runs: Run[];
  readonly #release: () => Promise<void>;
  #handle: FileHandle | undefined;
  /** The read that goes on; the end of the stream waits for it, since it may be opening a file. */
  #reading: Promise<Buffer | null> | undefined;

  constructor(files: DataFiles, segments: readonly Segment[], range: ByteRange) {
    super({ highWaterMark: READ_CHUNK_BYTES });
    const wanted = runsOf(files, segments, range);
    this.#runs = wanted.runs;
    this.#release = files.hold(wanted.segments);
  }

  override _read(): void {
    this.#reading = this.#next();
    this.#reading.then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  async #next(): Promise<Buffer | null> {
    const run = this.#runs[0];
    if (run === undefined) return null;
    this.#handle ??= await open(run.path, "r");
    const wanted = Math.min(READ_CHUNK_BYTES, run.remainingBytes);
    const buffer = Buffer.allocUnsafeSlow(wanted);
    const { bytesRead } = await this.#handle.read(buffer, 0, wanted, run.position);
    if (bytesRead === 0) throw new Error(`The data file ${run.path} is shorter than its object.`);
    run.position += bytesRead;
    run.remainingBytes -= bytesRead;
    if (run.remainingBytes === 0) {
      this.#runs.shift();
      const finished = this.#handle;
      this.#handle = undefined;
      await finished.close();
    }
    return buffer.subarray(0, bytesRead);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#finish().then(
      () => callback(error),
      (failure: unknown) => callback(error ?? (failure instanceof Error ? failure : new Error(String(failure)))),
    );
  }

  async #finish(): Promise<void> {
    // Its failure has been reported by itself.
    await this.#reading?.catch(() => undefined);
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await handle?.close();
    } finally {
      await this.#release();
    }
  }
}

/** The parts of files that make up `range`, in order. Empty segments have nothing to read. */
function runsOf(files: DataFiles, segments: readonly Segment[], range: ByteRange): { runs: Run[]; segments: Segment[] } {
  const runs: Run[] = [];
  const used: Segment[] = [];
  const end = range.offset + range.length;
  let start = 0;
  for (const segment of segments) {
    const from = Math.max(start, range.offset);
    const to = Math.min(start + segment.sizeBytes, end);
    if (from < to) {
      runs.push({ path: files.path(segment.file), position: from - start, remainingBytes: to - from });
      used.push(segment);
    }
    start += segment.sizeBytes;
  }
  return { runs, segments: used };
}
