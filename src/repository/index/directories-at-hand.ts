import type { PackReference } from "../format/dictionary-page.js";
import { blockIdBytes } from "../format/frame-header.js";
import { decodeDirectory, directoryEntryBytes, encodeDirectory, maxPackEntries, type DirectoryEntry } from "../format/pack-directory.js";

/** What the look-up takes for each entry: the next entry of its bucket. */
const linkBytes = 4;
/** What a directory takes beside its entries: its reference, and the engine of the language's own. */
const overheadBytes = 1200;
/** A handle and 1 is a number of 32 bits: beyond that it would lead to the entry of another directory. */
const mostDirectories = Math.floor((2 ** 32 - 1) / maxPackEntries) - 1;
/** Entries to a bucket when the budget is used up by full directories. */
const entriesPerBucket = 2;

/** A pack's directory, and the pack as it was when the directory was read. */
export interface DirectoryAtHand {
  /** The pack's number in the index. */
  readonly pack: number;
  readonly reference: PackReference;
  readonly entries: readonly DirectoryEntry[];
}

/** A block that a directory at hand has shown. */
export interface BlockAtHand {
  readonly pack: number;
  readonly reference: PackReference;
  readonly entry: DirectoryEntry;
}

interface Slot {
  readonly pack: number;
  readonly reference: PackReference;
  /** As compact as the pack stores it. */
  readonly bytes: Buffer;
  /** For each entry the next one of its bucket: its handle and 1, 0 at the end. */
  readonly links: Uint32Array;
}

/**
 * The directories of packs that were looked at or stored last, as many as the budget holds, with one look-up over all of
 * them: blocks that lay together come together again, so that one of them leads to all.
 */
export class DirectoriesAtHand {
  readonly #maxBytes: number;
  readonly #maxDirectories: number;
  /** Bucket -> handle and 1 of its first entry. Made when the first directory comes. */
  #buckets = new Uint32Array(0);
  readonly #slots: (Slot | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  /** Pack -> slot, the longest unused first. */
  readonly #slotOf = new Map<number, number>();
  #directoryBytes = 0;

  /** At most `maxBytes`, and never more than so many directories. */
  constructor(maxBytes: number, maxDirectories = mostDirectories) {
    this.#maxBytes = maxBytes;
    this.#maxDirectories = maxDirectories;
  }

  get memoryBytes(): number {
    return this.#directoryBytes + this.#buckets.byteLength;
  }

  /** Number of directories. */
  get size(): number {
    return this.#slotOf.size;
  }

  has(pack: number): boolean {
    return this.#slotOf.has(pack);
  }

  /** Where the block with this very id lies, all 16 bytes compared, in a pack that `mayUse` allows. */
  find(blockId: Buffer, mayUse: (pack: number) => boolean): BlockAtHand | undefined {
    if (this.#buckets.length === 0) return undefined;
    for (let handle = (this.#buckets[this.#bucketOf(blockId, 0)] ?? 0) - 1; handle >= 0; ) {
      const slot = this.#slots[Math.floor(handle / maxPackEntries)];
      if (slot === undefined) return undefined;
      const position = handle % maxPackEntries;
      const at = position * directoryEntryBytes;
      if (slot.bytes.compare(blockId, 0, blockIdBytes, at, at + blockIdBytes) === 0 && mayUse(slot.pack)) {
        this.#touch(slot.pack);
        const [entry] = decodeDirectory(Buffer.from(slot.bytes.subarray(at, at + directoryEntryBytes)), 1);
        if (entry !== undefined) return { pack: slot.pack, reference: slot.reference, entry };
      }
      handle = (slot.links[position] ?? 0) - 1;
    }
    return undefined;
  }

  /** Keeps a directory, and forgets those unused for longest beyond the budget. */
  keep({ pack, reference, entries }: DirectoryAtHand): void {
    this.delete(pack);
    if (entries.length > maxPackEntries) return;
    if (this.#buckets.length === 0) this.#buckets = new Uint32Array(2 ** Math.max(4, Math.floor(Math.log2(this.#maxBytes / (directoryEntryBytes + linkBytes) / entriesPerBucket))));
    const index = this.#freeSlots.pop() ?? this.#slots.length;
    const slot: Slot = { pack, reference: { ...reference, sha256: ownCopy(reference.sha256) }, bytes: ownCopy(encodeDirectory(entries)), links: new Uint32Array(entries.length) };
    this.#slots[index] = slot;
    this.#slotOf.set(pack, index);
    this.#directoryBytes += bytesOf(slot);
    for (let position = 0; position < entries.length; position++) {
      const bucket = this.#bucketOf(slot.bytes, position * directoryEntryBytes);
      slot.links[position] = this.#buckets[bucket] ?? 0;
      this.#buckets[bucket] = index * maxPackEntries + position + 1;
    }
    for (const oldest of this.#slotOf.keys()) {
      if ((this.memoryBytes <= this.#maxBytes && this.#slotOf.size <= this.#maxDirectories) || oldest === pack) break;
      this.delete(oldest);
    }
  }

  delete(pack: number): void {
    const index = this.#slotOf.get(pack);
    const slot = index === undefined ? undefined : this.#slots[index];
    if (index === undefined || slot === undefined) return;
    for (let position = 0; position < slot.links.length; position++) this.#unlink(slot, index * maxPackEntries + position + 1, position);
    this.#slots[index] = undefined;
    this.#slotOf.delete(pack);
    this.#freeSlots.push(index);
    this.#directoryBytes -= bytesOf(slot);
  }

  #touch(pack: number): void {
    const slot = this.#slotOf.get(pack);
    if (slot === undefined) return;
    this.#slotOf.delete(pack);
    this.#slotOf.set(pack, slot);
  }

  /** Takes an entry out of its bucket. */
  #unlink(slot: Slot, link: number, position: number): void {
    const bucket = this.#bucketOf(slot.bytes, position * directoryEntryBytes);
    const after = slot.links[position] ?? 0;
    if (this.#buckets[bucket] === link) {
      this.#buckets[bucket] = after;
      return;
    }
    for (let handle = (this.#buckets[bucket] ?? 0) - 1; handle >= 0; ) {
      const links = this.#slots[Math.floor(handle / maxPackEntries)]?.links;
      if (links === undefined) return;
      const next = links[handle % maxPackEntries] ?? 0;
      if (next === link) {
        links[handle % maxPackEntries] = after;
        return;
      }
      handle = next - 1;
    }
  }

  #bucketOf(bytes: Buffer, at: number): number {
    return bytes.readUInt32BE(at + 8) & (this.#buckets.length - 1);
  }
}

function bytesOf({ bytes, links }: Slot): number {
  return bytes.length + links.byteLength + overheadBytes;
}

/** A copy with memory of its own: a view, or a small buffer of Node's pool, would keep much more alive. */
function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
