import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { blockBytes, gibibyte, isZeroBlock, maxVolumeGib } from "./blocks/block-size.js";
import type { BlockStorage } from "./blocks/block-storage.js";

/** An empty volume to make. */
export interface LocalVolumeOptions {
  /** GiB, 1 to 65,536. */
  readonly sizeGib: number;
  /** E.g. `eu-west-1a`. */
  readonly availabilityZone: string;
  /** The cloud's own account by default. */
  readonly accountId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What was put into a volume. */
export interface ImportedImage {
  /** Bytes of the image. */
  readonly sizeBytes: number;
  /** Blocks of 512 KiB that hold anything but zeros. */
  readonly blocks: number;
}

const blocksPerListing = 10_000;

/**
 * The data of volumes, as their instance would see it: what no AWS API gives, and tests and trials need.
 *
 * Each method raises a `RangeError` for a volume that does not exist or a range that is not within it.
 */
export class LocalVolumes {
  readonly #blocks: BlockStorage;
  readonly #accountId: string;
  readonly #regions: readonly string[];

  constructor(blocks: BlockStorage, accountId: string, regions: readonly string[]) {
    this.#blocks = blocks;
    this.#accountId = accountId;
    this.#regions = regions;
  }

  /** Makes an empty volume, available at once, and gives its id, as CreateVolume of EC2 does with more to choose. */
  create({ sizeGib, availabilityZone, accountId = this.#accountId, tags = {} }: LocalVolumeOptions): Promise<string> {
    const zone: unknown = availabilityZone;
    const region = typeof zone === "string" ? zone.slice(0, -1) : "";
    if (!this.#regions.includes(region)) throw new TypeError(`The availability zone ${String(zone)} is not in this cloud's regions: ${this.#regions.join(", ")}.`);
    if (!Number.isInteger(sizeGib) || sizeGib < 1 || sizeGib > maxVolumeGib) throw new TypeError(`sizeGib is ${sizeGib}; it must be a whole number from 1 to ${maxVolumeGib}.`);
    const request = { accountId, region, availabilityZone, sizeGib, volumeType: "gp3", iops: 3_000, throughputMiBps: 125, encrypted: false, tags };
    return Promise.resolve(this.#blocks.createVolume(request, 0).volumeId);
  }

  /** Reads bytes: zeros where nothing was written. */
  async read(volumeId: string, range: { readonly offset: number; readonly length: number }): Promise<Buffer> {
    const bytes = Buffer.alloc(range.length);
    await this.#blocks.readVolume(volumeId, range.offset, bytes);
    return bytes;
  }

  /** Writes bytes at an offset. */
  async write(volumeId: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#blocks.writeVolume(volumeId, offset, bytes);
  }

  /** Makes a range unwritten, as the TRIM command does; it reads as zeros. */
  async trim(volumeId: string, range: { readonly offset: number; readonly length: number }): Promise<void> {
    await this.#blocks.trimVolume(volumeId, range.offset, range.length);
  }

  /** How many blocks of 512 KiB are written. */
  writtenBlocks(volumeId: string): Promise<number> {
    let count = 0;
    for (const blocks of this.#listings(volumeId)) count += blocks.length;
    return Promise.resolve(count);
  }

  /** Puts a raw disk image into a volume from its start on; zeros take no room. What lies behind the image stays. */
  async importImage(volumeId: string, path: string): Promise<ImportedImage> {
    const file = await open(path, "r");
    try {
      const sizeBytes = (await file.stat()).size;
      const capacity = (this.#blocks.volume(volumeId)?.sizeGib ?? 0) * gibibyte;
      if (capacity === 0) throw new RangeError(`There is no volume ${volumeId}.`);
      if (sizeBytes > capacity) throw new RangeError(`${path} has ${sizeBytes} bytes; ${volumeId} has only ${capacity}.`);
      return { sizeBytes, blocks: await this.#importFile(volumeId, file, sizeBytes) };
    } finally {
      await file.close();
    }
  }

  /** Writes a volume to a new raw disk image, sparse where nothing is written. Replaces no file. */
  async exportImage(volumeId: string, path: string): Promise<void> {
    const capacity = (this.#blocks.volume(volumeId)?.sizeGib ?? 0) * gibibyte;
    if (capacity === 0) throw new RangeError(`There is no volume ${volumeId}.`);
    const file = await open(path, "wx", 0o600);
    try {
      const block = Buffer.allocUnsafeSlow(blockBytes);
      for (const blocks of this.#listings(volumeId)) {
        for (const blockIndex of blocks) {
          await this.#blocks.readVolume(volumeId, blockIndex * blockBytes, block);
          if (!isZeroBlock(block)) await file.write(block, 0, blockBytes, blockIndex * blockBytes);
        }
      }
      await file.truncate(capacity);
    } finally {
      await file.close();
    }
  }

  *#listings(volumeId: string): Generator<readonly number[]> {
    for (let next: number | undefined = 0; next !== undefined; ) {
      const { blocks, nextBlock } = this.#blocks.listVolumeBlocks(volumeId, next, blocksPerListing);
      yield blocks;
      next = nextBlock;
    }
  }

  async #importFile(volumeId: string, file: FileHandle, sizeBytes: number): Promise<number> {
    const block = Buffer.allocUnsafeSlow(blockBytes);
    let imported = 0;
    for (let offset = 0; offset < sizeBytes; offset += blockBytes) {
      const length = Math.min(blockBytes, sizeBytes - offset);
      const part = block.subarray(0, length);
      await readWhole(file, part, offset);
      const blockIndex = offset / blockBytes;
      if (length === blockBytes) await this.#blocks.importBlock(volumeId, blockIndex, part);
      else await this.#blocks.writeVolume(volumeId, offset, part);
      if (!isZeroBlock(block) || length < blockBytes) imported += 1;
    }
    return imported;
  }
}

async function readWhole(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) throw new Error(`The image became shorter while it was read: it ends at ${position + done}.`);
    done += bytesRead;
  }
}
