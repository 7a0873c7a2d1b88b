import type { PackId } from "../format/object-names.js";

/** Where a pack's reference is read again when it is needed: a volume of a restore point, and the pack's number there. */
export interface PackSource {
  readonly map: number;
  readonly ordinal: number;
}

/** What is known of a pack, one bit each. */
export const packFlags = { isReached: 1, isVersioned: 2, isPresent: 4, isSuspect: 8, isMissing: 16 } as const;
type PackFlag = keyof typeof packFlags;

const firstCapacity = 1_024;

/**
 * Every pack that restore points reach, in about 35 bytes each: ten million packs, 320 TB of frames, take 350 MB. Packs are
 * numbered as they come; a session's name is kept once for all its packs.
 */
export class PackInventory {
  readonly #sessions = new Map<string, number>();
  readonly #sessionNames: string[] = [];
  #capacity = firstCapacity;
  #count = 0;
  #session = new Uint32Array(firstCapacity);
  /** The pack's number in its session, and in the lowest bit whether it is a meta pack. */
  #number = new Uint32Array(firstCapacity);
  #sizeBytes = new Float64Array(firstCapacity);
  #verifiedSeconds = new Uint32Array(firstCapacity);
  #map = new Uint32Array(firstCapacity);
  #ordinal = new Uint32Array(firstCapacity);
  #flags = new Uint8Array(firstCapacity);
  /** Open addressing: a pack's place is its hash, each slot a pack + 1. */
  #slots = new Uint32Array(firstCapacity * 2);

  get size(): number {
    return this.#count;
  }

  /** The pack's index here: the one it has, or a new one. */
  add(id: PackId, sizeBytes: number, source: PackSource): number {
    const session = this.#sessionIndex(id.sessionId);
    const number = packedNumber(id);
    const slot = this.#slotOf(session, number);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return known - 1;
    if (this.#count === this.#capacity) {
      this.#grow();
      return this.add(id, sizeBytes, source);
    }
    const index = this.#count++;
    this.#slots[slot] = index + 1;
    this.#session[index] = session;
    this.#number[index] = number;
    this.#sizeBytes[index] = sizeBytes;
    this.#map[index] = source.map;
    this.#ordinal[index] = source.ordinal;
    return index;
  }

  find(id: PackId): number | undefined {
    const session = this.#sessions.get(id.sessionId);
    if (session === undefined) return undefined;
    const found = this.#slots[this.#slotOf(session, packedNumber(id))] ?? 0;
    return found > 0 ? found - 1 : undefined;
  }

  id(index: number): PackId {
    const number = this.#number[index] ?? 0;
    return { kind: number % 2 === 1 ? "meta" : "data", sessionId: this.#sessionNames[this.#session[index] ?? 0] ?? "", number: Math.floor(number / 2) };
  }

  sizeBytes(index: number): number {
    return this.#sizeBytes[index] ?? 0;
  }

  source(index: number): PackSource {
    return { map: this.#map[index] ?? 0, ordinal: this.#ordinal[index] ?? 0 };
  }

  is(index: number, flag: PackFlag): boolean {
    return ((this.#flags[index] ?? 0) & packFlags[flag]) !== 0;
  }

  mark(index: number, flag: PackFlag): void {
    this.#flags[index] = (this.#flags[index] ?? 0) | packFlags[flag];
  }

  /** The packs with a flag, in the order in which they came. */
  *with(flag: PackFlag): Generator<number> {
    for (let index = 0; index < this.#count; index++) if (this.is(index, flag)) yield index;
  }

  /** When every byte of the pack was read and found right for the last time: seconds since 1970, 0 for never. */
  verifiedSeconds(index: number): number {
    return this.#verifiedSeconds[index] ?? 0;
  }

  setVerified(index: number, seconds: number): void {
    this.#verifiedSeconds[index] = seconds;
  }

  #sessionIndex(name: string): number {
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    this.#sessions.set(name, this.#sessionNames.length);
    return this.#sessionNames.push(name) - 1;
  }

  /** The slot that has the pack, or the free one where it would be. */
  #slotOf(session: number, number: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = mix(session, number) & mask; ; slot = (slot + 1) & mask) {
      const found = (this.#slots[slot] ?? 0) - 1;
      if (found < 0 || (this.#session[found] === session && this.#number[found] === number)) return slot;
    }
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    this.#session = enlarged(this.#session, new Uint32Array(capacity));
    this.#number = enlarged(this.#number, new Uint32Array(capacity));
    this.#sizeBytes = enlarged(this.#sizeBytes, new Float64Array(capacity));
    this.#verifiedSeconds = enlarged(this.#verifiedSeconds, new Uint32Array(capacity));
    this.#map = enlarged(this.#map, new Uint32Array(capacity));
    this.#ordinal = enlarged(this.#ordinal, new Uint32Array(capacity));
    this.#flags = enlarged(this.#flags, new Uint8Array(capacity));
    this.#capacity = capacity;
    this.#slots = new Uint32Array(capacity * 2);
    for (let index = 0; index < this.#count; index++) this.#slots[this.#slotOf(this.#session[index] ?? 0, this.#number[index] ?? 0)] = index + 1;
  }
}

function packedNumber({ kind, number }: PackId): number {
  return number * 2 + (kind === "meta" ? 1 : 0);
}

function enlarged<Column extends { set(values: Column): void }>(column: Column, into: Column): Column {
  into.set(column);
  return into;
}

/** Spreads neighbouring numbers over the table (the finalizer of MurmurHash3). */
export function mix(high: number, low: number): number {
  let hash = Math.imul(high, 0x9e3779b1) ^ low;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
