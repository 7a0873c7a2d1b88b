import { createHash } from "node:crypto";
import type { ObjectStore } from "../../src/ports/index.js";
import type { PackReference } from "../../src/repository/format/dictionary-page.js";
import { sealIndexRun, type IndexedPack } from "../../src/repository/format/index-run.js";
import { objectNames } from "../../src/repository/format/object-names.js";
import { encodeDirectory, encodeTrailer, type DirectoryEntry } from "../../src/repository/format/pack-directory.js";
import { DedupIndex } from "../../src/repository/index/dedup-index.js";
import { KeyRing } from "../../src/repository/keys/key-ring.js";
import { seal } from "../../src/repository/keys/sealed-box.js";
import type { RepositoryContext } from "../../src/repository/repository-context.js";
import { defaultPackLimits } from "../../src/repository/pack/pack-options.js";
import { systemRandom } from "../../src/system/index.js";
import { ManualClock } from "./manual-clock.js";
import { MemoryObjectStore } from "./memory-object-store.js";

const frameBytes = 100;

/** The id of a block with this number: spread as real ones are. */
export function blockIdOf(number: number): Buffer {
  return createHash("sha256").update(String(number)).digest().subarray(0, 16);
}

/** A pack with these blocks, in this order. */
export function indexedPack(session: number, number: number, blocks: readonly number[], versionId?: string): IndexedPack {
  const sessionId = createHash("sha256").update(`session ${String(session)}`).digest("hex").slice(0, 32);
  const entries = blocks.map((block, slot): DirectoryEntry => ({ blockId: blockIdOf(block), offset: slot * frameBytes, length: frameBytes, compression: 1, blockIndex: slot }));
  const sizeBytes = entries.length * (frameBytes + 28) + 28 + 32;
  const reference: PackReference = { id: { kind: "data", sessionId, number }, sizeBytes, sha256: Buffer.alloc(16, number + 1), versionId, lockedUntilMs: 0 };
  return { reference, entries };
}

/** What the repository needs for its index, in memory: runs and packs whose frames hold nothing. */
export class IndexWorld {
  readonly store = new MemoryObjectStore();
  readonly keys = new KeyRing(Buffer.alloc(32, 7), Buffer.alloc(16, 9));
  readonly clock = new ManualClock();
  readonly warnings: string[] = [];
  #runs = 0;

  /** What operations take; through `store` where one is given. */
  context(memoryBytes = 2 ** 24, store: ObjectStore = this.store): RepositoryContext {
    const silent = (): void => undefined;
    const logger = { debug: silent, info: silent, warn: (message: string) => void this.warnings.push(message), error: silent };
    return { store, keys: this.keys, clock: this.clock, random: systemRandom, logger, packs: defaultPackLimits, index: new DedupIndex({ memoryBytes }) };
  }

  /** An index that has just read what is stored. */
  async index(memoryBytes = 2 ** 24): Promise<DedupIndex> {
    const context = this.context(memoryBytes);
    await context.index.refresh(context);
    return context.index;
  }

  async writeRun(packs: readonly IndexedPack[]): Promise<string> {
    const name = objectNames.indexRun(String(this.#runs++).padStart(12, "0"), "ab".repeat(16), 0);
    await this.store.put(name, sealIndexRun(this.keys, name, packs));
    return name;
  }

  async writePack({ reference, entries }: IndexedPack): Promise<string> {
    const name = objectNames.pack(reference.id);
    const directory = seal({ key: this.keys.structure, repositoryId: this.keys.repositoryId, name, label: "directory" }, encodeDirectory(entries));
    await this.store.put(name, [Buffer.alloc(entries.length * frameBytes), directory, encodeTrailer(directory, entries.length)]);
    return name;
  }

  names(prefix: string): string[] {
    return [...this.store.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }
}
