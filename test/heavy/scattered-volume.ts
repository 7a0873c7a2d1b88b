import { createCipheriv, createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { IntegrityError } from "../../src/errors/index.js";
import { blockSizeBytes, maxBlocks, type BlockChange, type BlockData, type BlockReader, type BlockWriter } from "../../src/ports/index.js";

/** What a restore gave back, compared with what the volume held. */
export interface CheckedBlocks {
  readonly blocks: number;
}

const zeros = Buffer.alloc(blockSizeBytes);

/**
 * A volume of 64 TiB with some data, alone and in clusters, from its first block to its last. What a block holds follows from
 * its index and the snapshot, so that neither reader nor checker remembers any: what grows in memory is the engine's.
 */
export class ScatteredVolume {
  readonly volumeSizeBytes = maxBlocks * blockSizeBytes;
  /** Every index that holds data in either snapshot, ascending. */
  readonly #indexes: Uint32Array;

  constructor(blocks: number) {
    const indexes = new Set([0, maxBlocks - 1]);
    for (let cluster = 0; indexes.size < blocks; cluster++) {
      const start = mix(cluster, 1) % (maxBlocks - 64);
      // every second is a block alone
      const length = cluster % 2 === 0 ? 1 : 1 + (mix(cluster, 2) % 24);
      for (let index = start; index < start + length && indexes.size < blocks; index++) indexes.add(index);
    }
    this.#indexes = Uint32Array.from(indexes).sort();
  }

  /** How many blocks of a snapshot hold data. */
  count(snapshot: number): number {
    return this.#indexes.filter((index) => versionOf(index, snapshot) !== undefined).length;
  }

  /** How many blocks differ between the two snapshots. */
  get changedBlocks(): number {
    return this.#indexes.filter((index) => versionOf(index, 0) !== versionOf(index, 1)).length;
  }

  reader(snapshot: number): BlockReader {
    const indexes = this.#indexes;
    return {
      source: `snap-${String(snapshot)}`,
      volumeSizeBytes: this.volumeSizeBytes,
      async *blocks({ startIndex = 0 } = {}) {
        for (const index of indexes) if (index >= startIndex && versionOf(index, snapshot) !== undefined) yield await Promise.resolve({ index });
      },
      async *changesSince(): AsyncGenerator<BlockChange> {
        for (const index of indexes) {
          const version = versionOf(index, snapshot);
          if (version === versionOf(index, snapshot - 1)) continue;
          yield await Promise.resolve(version === undefined ? { index } : { index, reference: { index } });
        }
      },
      read: async ({ index }) => {
        // as any source does that waits for a disk or a network: what is freed by callbacks is never freed otherwise
        await setImmediate();
        return readBlock(index, snapshot);
      },
      close: () => Promise.resolve(),
    };
  }

  /** Compares what is restored with what the snapshot holds, block by block, and fails at the first that differs. */
  checkingWriter(snapshot: number): BlockWriter<CheckedBlocks> {
    let blocks = 0;
    const expected = this.count(snapshot);
    return {
      target: `a comparison with snap-${String(snapshot)}`,
      write: ({ index, data }) => {
        if (!readBlock(index, snapshot).data.equals(data)) throw new IntegrityError(`Block ${String(index)} was restored wrongly.`, { code: "WrongBlock" });
        blocks++;
        return Promise.resolve();
      },
      complete: () => {
        if (blocks !== expected) throw new IntegrityError(`${String(blocks)} blocks were restored, not ${String(expected)}.`, { code: "WrongBlockCount" });
        return Promise.resolve({ blocks });
      },
      abort: () => Promise.resolve(),
    };
  }
}

/** Of a hundred blocks two come and two go between the snapshots, and five change. The volume's last block stays. */
function versionOf(index: number, snapshot: number): number | undefined {
  if (index === maxBlocks - 1) return 0;
  const fate = mix(index, 3) % 100;
  if (fate < 2) return snapshot === 0 ? undefined : 0;
  if (fate < 4) return snapshot === 0 ? 0 : undefined;
  return fate < 9 ? snapshot : 0;
}

/** Half of the blocks are noise, the others a text. */
function readBlock(index: number, snapshot: number): BlockData {
  const version = versionOf(index, snapshot);
  const data = version === undefined ? zeros : mix(index, 4) % 2 === 0 ? noise(index, version) : Buffer.alloc(blockSizeBytes, `block ${String(index)} in version ${String(version)}\n`);
  return { index, data, sha256: createHash("sha256").update(data).digest() };
}

function noise(index: number, version: number): Buffer {
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(index, 0);
  counter.writeUInt32BE(version, 4);
  return createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), counter).update(zeros);
}

/** A number from 0 to 2^32-1 that looks random and follows from its arguments (the finalizer of MurmurHash3). */
function mix(value: number, salt: number): number {
  let hash = (value ^ Math.imul(salt, 0x9e3779b9)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
