import { createHash } from "node:crypto";
import { encodeDirectory, encodeTrailer, packTrailerBytes, type DirectoryEntry } from "../format/pack-directory.js";
import { frameHeaderBytes, frameTagBytes } from "../format/frame-header.js";
import { objectNames, type PackId } from "../format/object-names.js";
import { blockSizeBytes } from "../../ports/index.js";
import type { KeyRing } from "../keys/key-ring.js";
import { seal } from "../keys/sealed-box.js";
import type { SealedFrame } from "./frame-codec.js";
import type { PackLimits } from "./pack-options.js";

/** A pack ready for upload. */
export interface FinishedPack {
  readonly id: PackId;
  readonly name: string;
  readonly parts: readonly Buffer[];
  readonly sizeBytes: number;
  readonly sha256: Buffer;
  readonly entries: readonly DirectoryEntry[];
}

/** The memory that a pack's frames need: it is closed once it is full, so the last may begin just below the target. */
export function packMemoryBytes({ targetBytes }: PackLimits): number {
  return targetBytes + frameHeaderBytes + blockSizeBytes + frameTagBytes;
}

/** Collects frames into one data pack, copied into memory of `packMemoryBytes` that is its own until the pack is stored. */
export class PackBuilder {
  readonly id: PackId;
  readonly name: string;
  readonly #keys: KeyRing;
  readonly #limits: PackLimits;
  readonly #frames: Buffer;
  readonly #entries: DirectoryEntry[] = [];
  readonly #hash = createHash("sha256");
  #sizeBytes = 0;

  constructor(keys: KeyRing, id: PackId, limits: PackLimits, memory: Buffer) {
    this.#keys = keys;
    this.#limits = limits;
    this.#frames = memory;
    this.id = id;
    this.name = objectNames.pack(id);
  }

  get isFull(): boolean {
    return this.#sizeBytes >= this.#limits.targetBytes || this.#entries.length >= this.#limits.maxBlocks;
  }

  /** The entries so far; grows with every `add`. */
  get entries(): readonly DirectoryEntry[] {
    return this.#entries;
  }

  /** Appends a frame and says where it lies. */
  add(frame: SealedFrame, blockIndex: number): DirectoryEntry {
    const entry: DirectoryEntry = { blockId: frame.blockId, offset: this.#sizeBytes, length: frame.length, compression: frame.compression, blockIndex };
    this.#entries.push(entry);
    for (const part of frame.parts) this.#sizeBytes += part.copy(this.#frames, this.#sizeBytes);
    this.#hash.update(this.#frames.subarray(entry.offset, this.#sizeBytes));
    return entry;
  }

  /** Adds directory and trailer. */
  finish(): FinishedPack {
    const directory = seal({ key: this.#keys.structure, repositoryId: this.#keys.repositoryId, name: this.name, label: "directory" }, encodeDirectory(this.#entries));
    const trailer = Buffer.from(encodeTrailer(directory, this.#entries.length).subarray(0, packTrailerBytes));
    return {
      id: this.id,
      name: this.name,
      parts: [this.#frames.subarray(0, this.#sizeBytes), directory, trailer],
      sizeBytes: this.#sizeBytes + directory.length + trailer.length,
      sha256: this.#hash.update(directory).update(trailer).digest(),
      entries: this.#entries,
    };
  }
}
