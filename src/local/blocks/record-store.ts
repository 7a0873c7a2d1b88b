import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { crc32 } from "../crc32.js";

/** One change of one record; `value` is null where the record goes away. */
export interface RecordChange {
  readonly table: string;
  readonly id: string;
  readonly value: object | null;
}

/** Below this size the log is not worth rewriting. */
const smallLogBytes = 1_048_576;

/** A log this many times as large as what it holds is rewritten. */
const maxLogExcess = 4;

/**
 * Small records by table and id, in memory and in one append-only log.
 *
 * A commit of several changes is one line with its own checksum: after a crash either all of them are there or none.
 * The log is rewritten, beside itself and renamed into place, when most of it is history.
 */
export class RecordStore {
  readonly #path: string;
  readonly #tables = new Map<string, Map<string, object>>();
  #file: number;
  #logBytes = 0;
  #compactAtBytes = smallLogBytes;

  private constructor(path: string) {
    this.#path = path;
    const validBytes = existsSync(path) ? this.#replay(readFileSync(path)) : 0;
    this.#file = openSync(path, "a");
    // A line cut short by a crash was never answered for: it goes, so that the next one starts on its own.
    ftruncateSync(this.#file, validBytes);
    this.#logBytes = validBytes;
    if (validBytes > smallLogBytes) this.#rewrite();
  }

  static open(path: string): RecordStore {
    return new RecordStore(path);
  }

  table<T extends object>(name: string): RecordTable<T> {
    return new RecordTable<T>(name, this.#rows(name) as Map<string, T>);
  }

  /** Makes the changes, all or none, durable against the end of the process. */
  commit(changes: readonly RecordChange[]): void {
    if (changes.length === 0) return;
    const line = encodeLine(changes);
    try {
      writeFully(this.#file, line);
    } catch (error) {
      // What was written of the line must not be in front of the next one.
      ftruncateSync(this.#file, this.#logBytes);
      throw error;
    }
    for (const change of changes) this.#apply(change);
    this.#logBytes += line.length;
    if (this.#logBytes > this.#compactAtBytes) this.#rewrite();
  }

  close(): void {
    closeSync(this.#file);
  }

  #rows(name: string): Map<string, object> {
    const existing = this.#tables.get(name);
    if (existing !== undefined) return existing;
    const rows = new Map<string, object>();
    this.#tables.set(name, rows);
    return rows;
  }

  #apply(change: RecordChange): void {
    const rows = this.#rows(change.table);
    if (change.value === null) rows.delete(change.id);
    else rows.set(change.id, change.value);
  }

  #replay(log: Buffer): number {
    let start = 0;
    while (start < log.length) {
      const end = log.indexOf(0x0a, start);
      if (end < 0) return start;
      const changes = decodeLine(log.subarray(start, end));
      if (changes === undefined) throw new Error(`damaged record at byte ${start} of ${this.#path}`);
      for (const change of changes) this.#apply(change);
      start = end + 1;
    }
    return start;
  }

  #rewrite(): void {
    const path = `${this.#path}.new`;
    const file = openSync(path, "w");
    let bytes = 0;
    for (const [table, rows] of this.#tables) {
      for (const [id, value] of rows) {
        const line = encodeLine([{ table, id, value }]);
        writeFully(file, line);
        bytes += line.length;
      }
    }
    fsyncSync(file);
    closeSync(file);
    renameSync(path, this.#path);
    closeSync(this.#file);
    this.#file = openSync(this.#path, "a");
    this.#logBytes = bytes;
    this.#compactAtBytes = Math.max(smallLogBytes, bytes * maxLogExcess);
  }
}

/** The records of one kind. Records are never changed in place: a new one replaces the old through {@link RecordStore.commit}. */
export class RecordTable<T extends object> {
  readonly #name: string;
  readonly #rows: ReadonlyMap<string, T>;

  constructor(name: string, rows: ReadonlyMap<string, T>) {
    this.#name = name;
    this.#rows = rows;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: string): T | undefined {
    return this.#rows.get(id);
  }

  entries(): IterableIterator<[string, T]> {
    return this.#rows.entries();
  }

  values(): IterableIterator<T> {
    return this.#rows.values();
  }

  put(id: string, value: T): RecordChange {
    return { table: this.#name, id, value };
  }

  remove(id: string): RecordChange {
    return { table: this.#name, id, value: null };
  }
}

function encodeLine(changes: readonly RecordChange[]): Buffer {
  const json = Buffer.from(JSON.stringify(changes.map(({ table, id, value }) => [table, id, value])));
  return Buffer.concat([Buffer.from(`${crc32(json).toString(16).padStart(8, "0")} `), json, Buffer.from("\n")]);
}

function decodeLine(line: Buffer): RecordChange[] | undefined {
  const json = line.subarray(9);
  if (crc32(json).toString(16).padStart(8, "0") !== line.toString("latin1", 0, 8)) return undefined;
  const rows = JSON.parse(json.toString()) as [string, string, object | null][];
  return rows.map(([table, id, value]) => ({ table, id, value }));
}

function writeFully(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
