import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blockBytes, blockDigest, gibibyte, isZeroBlock, zeroBlockDigest } from "./block-size.js";
import { readFully, writeFully } from "./file-io.js";
import { blocksPerPage, LayerIndex } from "./layer-index.js";
import type { OpenFiles } from "./open-files.js";

/** Blocks of one segment file: 1 TiB of the volume, far below where ext4 ends a file (16 TiB). */
const blocksPerSegment = (1024 * gibibyte) / blockBytes;

/** Where a layer stands: its own id and the layer below. */
export interface LayerRecord {
  readonly id: string;
  readonly parentId: string | null;
}

/**
 * One layer of a volume's or a snapshot's data: the blocks written since the layer below was frozen.
 *
 * Blocks lie in sparse files at their own place; a block of zeros takes no room. Data is on disk before the index says so,
 * and an index entry is marked stale before the data under it changes: after a crash no digest speaks of other data.
 */
export class Layer {
  readonly id: string;
  readonly parentId: string | null;
  /** How many layers lie below. */
  readonly depth: number;
  readonly folder: string;
  readonly #files: OpenFiles;
  #index: LayerIndex | undefined;
  #folderMade = false;

  constructor(record: LayerRecord, depth: number, folder: string, files: OpenFiles) {
    this.id = record.id;
    this.parentId = record.parentId;
    this.depth = depth;
    this.folder = folder;
    this.#files = files;
  }

  get index(): LayerIndex {
    this.#index ??= new LayerIndex(this.#files, this.folder);
    return this.#index;
  }

  get isEmpty(): boolean {
    return this.index.pageCount === 0;
  }

  /** Reads part of a block that is written here into `target`. */
  async read(blockIndex: number, offsetInBlock: number, target: Uint8Array): Promise<void> {
    if (this.index.digest(blockIndex)?.equals(zeroBlockDigest) === true) {
      target.fill(0);
      return;
    }
    const position = segmentPosition(blockIndex) + offsetInBlock;
    const bytesRead = await this.#files.withAsync(this.#segment(blockIndex), false, (fd) => readFully(fd, target, position));
    target.fill(0, bytesRead);
  }

  /** Writes a whole block; `digest` is its SHA-256. */
  async write(blockIndex: number, block: Uint8Array, digest: Buffer): Promise<void> {
    this.#makeFolder();
    if (isZeroBlock(block)) {
      this.index.setWritten(blockIndex, zeroBlockDigest);
      return;
    }
    // Data under an entry changes: the entry says so first. Where there is none yet, nothing points at the data.
    if (this.index.state(blockIndex) === "written") this.index.setWritten(blockIndex, undefined);
    await this.#writeData(blockIndex, 0, block);
    this.index.setWritten(blockIndex, digest);
  }

  /** Writes part of a block; false where the block has no data of its own here, so that a whole one must be written. */
  async writePart(blockIndex: number, offsetInBlock: number, bytes: Uint8Array): Promise<boolean> {
    if (this.index.state(blockIndex) !== "written") return false;
    if (this.index.digest(blockIndex)?.equals(zeroBlockDigest) === true) return false;
    this.index.setWritten(blockIndex, undefined);
    await this.#writeData(blockIndex, offsetInBlock, bytes);
    return true;
  }

  /** Makes a block unwritten, whatever lies below. */
  unwrite(blockIndex: number): void {
    this.#makeFolder();
    this.index.setUnwritten(blockIndex);
  }

  /** The SHA-256 digest of a block that is written here. */
  async digest(blockIndex: number): Promise<Buffer> {
    const known = this.index.digest(blockIndex);
    if (known !== undefined) return known;
    const block = Buffer.allocUnsafeSlow(blockBytes);
    await this.read(blockIndex, 0, block);
    return blockDigest(block);
  }

  /** As {@link digest}; kept for the next time. Only for a layer that no longer changes. */
  async frozenDigest(blockIndex: number): Promise<Buffer> {
    const known = this.index.digest(blockIndex);
    if (known !== undefined) return known;
    const digest = await this.digest(blockIndex);
    // The data stays where it is: an entry that says "zero" would only tell readers not to look.
    this.index.setWritten(blockIndex, digest);
    return digest;
  }

  /** The written blocks, ascending. */
  *written(): Generator<number> {
    for (let page = this.index.nextPage(0); page !== undefined; page = this.index.nextPage(page + 1)) {
      for (let blockIndex = page * blocksPerPage; blockIndex < (page + 1) * blocksPerPage; blockIndex += 1) {
        if (this.index.state(blockIndex) === "written") yield blockIndex;
      }
    }
  }

  async #writeData(blockIndex: number, offsetInBlock: number, bytes: Uint8Array): Promise<void> {
    const position = segmentPosition(blockIndex) + offsetInBlock;
    await this.#files.withAsync(this.#segment(blockIndex), true, (fd) => writeFully(fd, bytes, position));
  }

  #segment(blockIndex: number): string {
    return join(this.folder, `segment-${String(Math.floor(blockIndex / blocksPerSegment)).padStart(2, "0")}`);
  }

  #makeFolder(): void {
    if (this.#folderMade) return;
    mkdirSync(this.folder, { recursive: true });
    this.#folderMade = true;
  }
}

function segmentPosition(blockIndex: number): number {
  return (blockIndex % blocksPerSegment) * blockBytes;
}
