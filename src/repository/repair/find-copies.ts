import type { PackReference } from "../format/dictionary-page.js";
import { objectNames, type PackId } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import { loadIndex, type IndexIntake } from "../index/load-index.js";
import { openFrame } from "../pack/frame-codec.js";
import { readPackDirectory } from "../pack/read-directory.js";
import type { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import { isDamage } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { PackInventory } from "../verify/pack-inventory.js";

/** Packs in which one block is looked for. */
const maxCandidates = 8;

/** A block that was opened where it lies. */
export interface ProvenCopy {
  readonly entry: DirectoryEntry;
  readonly reference: PackReference;
}

/** Which packs hold blocks that are lost, as everything that is stored of the index says: two runs at the same time may have stored a block twice. */
export class BlockCopies {
  readonly #context: RepositoryContext;
  readonly #quarantined: QuarantinedPacks;
  readonly #options: SignalOptions;
  readonly #packs: PackInventory;
  /** By the first eight bytes of a block's id: the packs that the index names for it. */
  readonly #candidates: ReadonlyMap<string, ReadonlySet<number>>;

  private constructor(context: RepositoryContext, quarantined: QuarantinedPacks, packs: PackInventory, candidates: ReadonlyMap<string, ReadonlySet<number>>, options: SignalOptions) {
    this.#context = context;
    this.#quarantined = quarantined;
    this.#packs = packs;
    this.#candidates = candidates;
    this.#options = options;
  }

  /** Reads the whole stored index once, and keeps what it says of the blocks in `wanted`. */
  static async find(context: RepositoryContext, wanted: ReadonlySet<string>, quarantined: QuarantinedPacks, options: SignalOptions): Promise<BlockCopies> {
    const packs = new PackInventory();
    const candidates = new Map([...wanted].map((id) => [id.slice(0, prefixDigits), new Set<number>()]));
    const finished = new Set<string>();
    const intake: IndexIntake = {
      isKnown: (name) => finished.has(name),
      retain: () => undefined,
      reserve: () => undefined,
      sampling: 0,
      hasRoomForDetails: () => false,
      addPack: (id) => (quarantined.has(id) ? undefined : packs.add(id, 0, { map: 0, ordinal: 0 })),
      set: (high, low, pack) => {
        const found = candidates.get(prefixOf(high, low));
        if (found !== undefined && found.size < maxCandidates) found.add(pack);
      },
      finish: (name) => void finished.add(name),
    };
    if (wanted.size > 0) await loadIndex(context, intake, options);
    return new BlockCopies(context, quarantined, packs, candidates, options);
  }

  /** A copy of the block, read and opened; nothing where none is right. `isAllowed` leaves packs aside. */
  async prove(blockId: string, isAllowed: (pack: PackId) => boolean): Promise<ProvenCopy | undefined> {
    for (const pack of this.#candidates.get(blockId.slice(0, prefixDigits)) ?? []) {
      const id = this.#packs.id(pack);
      if (this.#quarantined.has(id) || !isAllowed(id)) continue;
      const copy = await this.#open(Buffer.from(blockId, "hex"), id);
      if (copy !== undefined) return copy;
    }
    return undefined;
  }

  async #open(blockId: Buffer, id: PackId): Promise<ProvenCopy | undefined> {
    const name = objectNames.pack(id);
    const { store, keys, logger } = this.#context;
    try {
      // without a version: a pack that lies behind a delete marker is about to go
      const directory = await readPackDirectory(this.#context, name, this.#options);
      const entry = directory.entries.find((candidate) => candidate.blockId.equals(blockId));
      if (entry === undefined) return undefined;
      const range = { offset: entry.offset, length: entry.length };
      await readProven(logger, name, async () => openFrame(keys, (await store.get(name, { range, ...this.#options })).body, entry));
      // its digest is not known here; every frame proves itself
      return { entry, reference: { id, sizeBytes: directory.sizeBytes, sha256: Buffer.alloc(16), versionId: directory.versionId, lockedUntilMs: 0 } };
    } catch (error) {
      if (!isDamage(error)) throw error;
      return undefined;
    }
  }
}

/** Of a block's id, as much as the index keeps: eight bytes, in hex. */
const prefixDigits = 16;

function prefixOf(high: number, low: number): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
