import { open, readdir, readFile, rename, truncate, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "./sync-directory.js";
import { crc32 } from "../../crc32.js";

/** A journal is rewritten once what was appended exceeds this and the size it had after the last rewrite. */
const MIN_APPENDED_BYTES = 8 * 1024 * 1024;
/** How much of a rewritten journal is gathered before it is written out. */
const REWRITE_CHUNK_BYTES = 1024 * 1024;
const CHECKSUM_DIGITS = 8;

export interface JournalOptions<Record> {
  readonly directory: string;
  /** Whether every record is synced to the disk before it counts; a killed process loses nothing either way. */
  readonly isDurable: boolean;
  /** Takes a record into the state: on opening, and once it has been written. */
  readonly apply: (record: Record) => void;
  /** The whole state as records, for a rewritten journal. The state doesn't change while they are taken. */
  readonly snapshot: () => Iterable<Record>;
  /** Called before records that may name new files are written, so that the files are there when the records are. */
  readonly beforeWrite: () => Promise<void>;
  /** Called once records are written and applied: what they have made needless can go. */
  readonly afterWrite: () => Promise<void>;
}

interface Pending<Record> {
  readonly record: Record;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * State kept as a file of records, one JSON line each behind its CRC-32, appended in batches and rewritten when it has grown.
 *
 * A record is applied after it has been written, in the order of the file: what a reader sees is what a restart gives.
 * A torn last line (a killed process) is cut off on opening. A rewrite goes to a temporary file that replaces the old one at once.
 */
export class Journal<Record> {
  readonly #options: JournalOptions<Record>;
  #generation: number;
  #file: FileHandle;
  #rewrittenBytes: number;
  #appendedBytes = 0;
  #queue: Pending<Record>[] = [];
  #worker: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  private constructor(options: JournalOptions<Record>, generation: number, file: FileHandle, sizeBytes: number) {
    this.#options = options;
    this.#generation = generation;
    this.#file = file;
    this.#rewrittenBytes = sizeBytes;
  }

  static async open<Record>(options: JournalOptions<Record>): Promise<Journal<Record>> {
    const generations = (await readdir(options.directory))
      .map((name) => /^journal-(\d+)\.log$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((left, right) => right - left);
    const [newest = 1, ...older] = generations;
    const path = journalPath(options.directory, newest);
    const sizeBytes = generations.length === 0 ? 0 : await replay(path, (record) => { options.apply(record as Record); });
    for (const generation of older) await unlink(journalPath(options.directory, generation));
    return new Journal(options, newest, await open(path, "a"), sizeBytes);
  }

  /** Writes `record` and applies it; resolves once both are done. */
  append(record: Record): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, resolve, reject });
      this.#worker ??= this.#work();
    });
  }

  async close(): Promise<void> {
    await this.#worker;
    await this.#file.close();
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      await this.#writeBatch(batch);
    }
    this.#worker = undefined;
  }

  async #writeBatch(batch: readonly Pending<Record>[]): Promise<void> {
    try {
      // After a failed write the file's end is unknown: nothing may follow it.
      if (this.#failure !== undefined) throw this.#failure.error;
      await this.#options.beforeWrite();
      const bytes = Buffer.from(batch.map(({ record }) => toLine(record)).join(""), "utf8");
      await writeAll(this.#file, bytes);
      if (this.#options.isDurable) await this.#file.datasync();
      this.#appendedBytes += bytes.length;
      for (const { record } of batch) this.#options.apply(record);
      await this.#options.afterWrite();
      if (this.#appendedBytes > Math.max(MIN_APPENDED_BYTES, this.#rewrittenBytes)) await this.#rewrite();
    } catch (error) {
      this.#failure = { error };
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  async #rewrite(): Promise<void> {
    const { directory, isDurable, snapshot } = this.#options;
    const temporary = join(directory, "journal.tmp");
    const file = await open(temporary, "w");
    let sizeBytes = 0;
    let lines = "";
    for (const record of snapshot()) {
      lines += toLine(record);
      if (lines.length > REWRITE_CHUNK_BYTES) {
        sizeBytes += await writeAll(file, Buffer.from(lines, "utf8"));
        lines = "";
      }
    }
    sizeBytes += await writeAll(file, Buffer.from(lines, "utf8"));
    if (isDurable) await file.sync();
    const before = { file: this.#file, generation: this.#generation };
    await rename(temporary, journalPath(directory, before.generation + 1));
    if (isDurable) await syncDirectory(directory);
    this.#file = file;
    this.#generation = before.generation + 1;
    this.#rewrittenBytes = sizeBytes;
    this.#appendedBytes = 0;
    await before.file.close();
    await unlink(journalPath(directory, before.generation));
  }
}

function journalPath(directory: string, generation: number): string {
  return join(directory, `journal-${generation}.log`);
}

function toLine(record: unknown): string {
  const json = JSON.stringify(record);
  return `${checksumOf(json)} ${json}\n`;
}

function checksumOf(json: string): string {
  return crc32(json).toString(16).padStart(CHECKSUM_DIGITS, "0");
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<number> {
  let at = 0;
  while (at < bytes.length) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
  return bytes.length;
}

/** Applies the records of the file; cuts off what a killed process left unfinished at its end. Returns the size that stays. */
async function replay(path: string, apply: (record: unknown) => void): Promise<number> {
  const bytes = await readFile(path);
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) break;
    const line = bytes.toString("utf8", at, end);
    const json = line.slice(CHECKSUM_DIGITS + 1);
    if (line.slice(0, CHECKSUM_DIGITS) !== checksumOf(json)) {
      if (end < bytes.length - 1 && hasWholeLine(bytes, end + 1)) {
        throw new Error(`The journal ${path} is damaged at byte ${at}: a record before its end doesn't match its checksum.`);
      }
      break;
    }
    apply(JSON.parse(json));
    at = end + 1;
  }
  if (at < bytes.length) await truncate(path, at);
  return at;
}

/** Whether a sound record follows: then the damage before it is no torn end. */
function hasWholeLine(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) return false;
    const line = bytes.toString("utf8", at, end);
    if (line.slice(0, CHECKSUM_DIGITS) === checksumOf(line.slice(CHECKSUM_DIGITS + 1))) return true;
    at = end + 1;
  }
  return false;
}
