import { createHash } from "node:crypto";
import { ConflictError } from "../../src/errors/index.js";
import { blockSizeBytes, type BlockChange, type BlockData, type BlockReader, type BlockReference, type BlockWriter } from "../../src/ports/index.js";

/** A volume in memory with frozen states, to read from as snapshots and to compare restores with. */
export class MemoryVolume {
  readonly blocks = new Map<number, Buffer>();
  readonly #frozen = new Map<string, ReadonlyMap<number, Buffer>>();
  readonly sizeBytes: number;
  reads = 0;

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  /** Another volume of the same content, with the same frozen states. */
  copy(): MemoryVolume {
    const copy = new MemoryVolume(this.sizeBytes);
    for (const [index, data] of this.blocks) copy.blocks.set(index, data);
    for (const [snapshotId, state] of this.#frozen) copy.#frozen.set(snapshotId, state);
    return copy;
  }

  freeze(snapshotId: string): ReadonlyMap<number, Buffer> {
    const state = new Map(this.blocks);
    this.#frozen.set(snapshotId, state);
    return state;
  }

  forget(snapshotId: string): void {
    this.#frozen.delete(snapshotId);
  }

  reader(snapshotId: string): BlockReader {
    const state = this.#frozen.get(snapshotId) ?? new Map<number, Buffer>();
    return {
      source: snapshotId,
      volumeSizeBytes: this.sizeBytes,
      blocks: (options) => references(state, options?.startIndex ?? 0),
      changesSince: (base) => changes(this.#frozen.get(base), state),
      read: ({ index }) => {
        this.reads++;
        const data = state.get(index) ?? Buffer.alloc(blockSizeBytes);
        return Promise.resolve({ index, data, sha256: createHash("sha256").update(data).digest() });
      },
      close: () => Promise.resolve(),
    };
  }
}

async function* references(state: ReadonlyMap<number, Buffer>, startIndex: number): AsyncGenerator<BlockReference> {
  for (const index of ascending(state.keys())) if (index >= startIndex) yield await Promise.resolve({ index });
}

async function* changes(base: ReadonlyMap<number, Buffer> | undefined, state: ReadonlyMap<number, Buffer>): AsyncGenerator<BlockChange> {
  if (base === undefined) throw new ConflictError("No such base.", { code: "UnrelatedSnapshots" });
  for (const index of ascending(new Set([...base.keys(), ...state.keys()]))) {
    const before = base.get(index);
    const now = state.get(index);
    if (before !== undefined && now !== undefined && before.equals(now)) continue;
    yield await Promise.resolve(now === undefined ? { index } : { index, reference: { index } });
  }
}

function ascending(indexes: Iterable<number>): number[] {
  return [...indexes].sort((a, b) => a - b);
}

/** Collects what a restore writes. */
export class MemoryBlockWriter implements BlockWriter<undefined> {
  readonly target = "memory";
  readonly blocks = new Map<number, Buffer>();

  write(block: BlockData): Promise<void> {
    this.blocks.set(block.index, Buffer.from(block.data));
    return Promise.resolve();
  }

  complete(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  abort(): Promise<void> {
    this.blocks.clear();
    return Promise.resolve();
  }
}
