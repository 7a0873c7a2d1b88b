import { existsSync, fstatSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { OpenFiles } from "./open-files.js";

/** Blocks of a page: what is recorded of them fills 4 KiB. */
export const blocksPerPage = 128;

const digestBytes = 32;

/** A page in the file: a header of one entry (so that no entry straddles a page of the file system), then the entries. */
const slotBytes = (blocksPerPage + 1) * digestBytes;

/** Bytes of a page's two bitmaps in memory: which blocks are written, which are unwritten here. */
const bitmapBytes = blocksPerPage / 8;

/** What a layer says of a block. */
export type BlockState = "absent" | "written" | "unwritten";

/** Entry of a block that this layer makes unwritten, whatever lies below. */
const unwrittenEntry = reservedEntry(1);

/** Entry of a block whose data changed since its digest was last computed. */
const staleEntry = reservedEntry(2);

const absentEntry = reservedEntry(0);

/**
 * Which blocks a layer holds, and their digests.
 *
 * The file holds 4 KiB pages in the order in which they were first needed, so that a layer of few blocks is small wherever
 * they lie. Entries are written in place and never straddle a page of the file system: the end of the process tears none.
 * In memory there are 32 bytes a page; digests stay in the file.
 */
export class LayerIndex {
  readonly #files: OpenFiles;
  readonly #path: string;
  readonly #slots = new Map<number, number>();
  #bitmaps = new Uint8Array(16 * 2 * bitmapBytes);
  #sortedPages: Uint32Array | undefined;
  #slotsInFile = 0;

  constructor(files: OpenFiles, folder: string) {
    this.#files = files;
    this.#path = join(folder, "index");
    if (existsSync(this.#path)) this.#load();
  }

  get pageCount(): number {
    return this.#slots.size;
  }

  state(blockIndex: number): BlockState {
    const slot = this.#slots.get(Math.floor(blockIndex / blocksPerPage));
    if (slot === undefined) return "absent";
    const place = blockIndex % blocksPerPage;
    if (this.#bit(slot, 0, place)) return "written";
    return this.#bit(slot, 1, place) ? "unwritten" : "absent";
  }

  /** The digest of a written block; undefined where it must be computed anew. */
  digest(blockIndex: number): Buffer | undefined {
    const slot = this.#slots.get(Math.floor(blockIndex / blocksPerPage));
    if (slot === undefined) throw new Error(`block ${blockIndex} is not in ${this.#path}`);
    const entry = Buffer.alloc(digestBytes);
    this.#files.with(this.#path, false, (fd) => readSync(fd, entry, 0, digestBytes, entryPosition(slot, blockIndex)));
    return entry.equals(staleEntry) ? undefined : entry;
  }

  /** Records a block as written, with its digest, or without it while its data changes. */
  setWritten(blockIndex: number, digest: Buffer | undefined): void {
    this.#set(blockIndex, digest ?? staleEntry, 1, 0);
  }

  setUnwritten(blockIndex: number): void {
    this.#set(blockIndex, unwrittenEntry, 0, 1);
  }

  /** The first page at or after `page` of which the layer says anything. */
  nextPage(page: number): number | undefined {
    const pages = this.#pages();
    let low = 0;
    let high = pages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((pages[middle] ?? 0) < page) low = middle + 1;
      else high = middle;
    }
    return pages[low];
  }

  #set(blockIndex: number, entry: Buffer, written: 0 | 1, unwritten: 0 | 1): void {
    const slot = this.#slotFor(Math.floor(blockIndex / blocksPerPage));
    this.#files.with(this.#path, true, (fd) => writeSync(fd, entry, 0, digestBytes, entryPosition(slot, blockIndex)));
    const place = blockIndex % blocksPerPage;
    this.#setBit(slot, 0, place, written);
    this.#setBit(slot, 1, place, unwritten);
  }

  #slotFor(page: number): number {
    const existing = this.#slots.get(page);
    if (existing !== undefined) return existing;
    const slot = this.#slotsInFile;
    const header = Buffer.alloc(digestBytes);
    header.writeUInt32LE(page, 0);
    header.writeUInt32LE(~page >>> 0, 4);
    this.#files.with(this.#path, true, (fd) => writeSync(fd, header, 0, header.length, slot * slotBytes));
    this.#add(page, slot);
    return slot;
  }

  #add(page: number, slot: number): void {
    this.#slots.set(page, slot);
    this.#slotsInFile = slot + 1;
    this.#sortedPages = undefined;
    const neededBytes = (slot + 1) * 2 * bitmapBytes;
    if (neededBytes <= this.#bitmaps.length) return;
    const grown = new Uint8Array(Math.max(neededBytes, this.#bitmaps.length * 2));
    grown.set(this.#bitmaps);
    this.#bitmaps = grown;
  }

  #pages(): Uint32Array {
    this.#sortedPages ??= Uint32Array.from(this.#slots.keys()).sort();
    return this.#sortedPages;
  }

  #load(): void {
    this.#files.with(this.#path, false, (fd) => {
      const slots = Math.ceil(fstatSync(fd).size / slotBytes);
      const bytes = Buffer.alloc(slotBytes);
      for (let slot = 0; slot < slots; slot += 1) {
        bytes.fill(0);
        readSync(fd, bytes, 0, slotBytes, slot * slotBytes);
        // A header cut short can only be the last one; its place is used again.
        if (bytes.readUInt32LE(0) !== ~bytes.readUInt32LE(4) >>> 0) return;
        this.#add(bytes.readUInt32LE(0), slot);
        this.#loadBitmaps(slot, bytes.subarray(digestBytes));
      }
    });
  }

  #loadBitmaps(slot: number, entries: Buffer): void {
    for (let place = 0; place < blocksPerPage; place += 1) {
      const start = place * digestBytes;
      // Most entries of a scattered page are absent, and seen to be so by their first and last bytes.
      if (entries[start] === 0 && entries[start + digestBytes - 1] === 0 && isEntry(entries, start, absentEntry)) continue;
      this.#setBit(slot, isEntry(entries, start, unwrittenEntry) ? 1 : 0, place, 1);
    }
  }

  #bit(slot: number, bitmap: 0 | 1, place: number): boolean {
    const byte = this.#bitmaps[(slot * 2 + bitmap) * bitmapBytes + (place >>> 3)] ?? 0;
    return (byte & (1 << (place & 7))) !== 0;
  }

  #setBit(slot: number, bitmap: 0 | 1, place: number, value: 0 | 1): void {
    const at = (slot * 2 + bitmap) * bitmapBytes + (place >>> 3);
    const mask = 1 << (place & 7);
    const byte = this.#bitmaps[at] ?? 0;
    this.#bitmaps[at] = value === 1 ? byte | mask : byte & ~mask;
  }
}

function entryPosition(slot: number, blockIndex: number): number {
  return slot * slotBytes + (1 + (blockIndex % blocksPerPage)) * digestBytes;
}

/** An entry that no digest equals: 31 zero bytes and a kind. */
function reservedEntry(kind: number): Buffer {
  const entry = Buffer.alloc(digestBytes);
  entry[digestBytes - 1] = kind;
  return entry;
}

function isEntry(entries: Buffer, start: number, entry: Buffer): boolean {
  return entries.compare(entry, 0, digestBytes, start, start + digestBytes) === 0;
}
