import type { PackReference } from "../format/dictionary-page.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import type { PackId } from "../format/object-names.js";
import type { PackDictionary } from "../map/pack-dictionary.js";
import type { BlockLocation } from "../format/leaf.js";
import type { SealedFrame } from "../pack/frame-codec.js";
import { PackBuilder, type FinishedPack } from "../pack/pack-builder.js";
import type { RepositoryContext } from "../repository-context.js";
import { putOnce } from "./put-once.js";

/** Packs on their way at the same time: with the one being filled, the most that a run holds in memory (32 MiB each). */
const maxUploads = 3;

/** A pack that was stored, with what lies in it. */
export interface StoredPack {
  readonly reference: PackReference;
  readonly entries: readonly DirectoryEntry[];
}

/** Fills data packs and stores them, a few at a time; a full one waits for a place: that is the run's back-pressure. */
export class PackWriter {
  readonly #context: RepositoryContext;
  readonly #dictionary: PackDictionary;
  readonly #nextPackId: () => PackId;
  readonly #onStored: (pack: StoredPack) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #uploads = new Set<Promise<void>>();
  #builder: { readonly pack: PackBuilder; readonly ordinal: number } | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    context: RepositoryContext,
    dictionary: PackDictionary,
    options: { readonly nextPackId: () => PackId; readonly onStored: (pack: StoredPack) => void; readonly signal?: AbortSignal | undefined },
  ) {
    this.#context = context;
    this.#dictionary = dictionary;
    this.#nextPackId = options.nextPackId;
    this.#onStored = options.onStored;
    this.#signal = options.signal;
  }

  /** Adds a frame and says where it will lie; nothing may point there before `finish` has resolved. */
  async add(frame: SealedFrame, blockIndex: number): Promise<{ readonly location: BlockLocation; readonly packId: PackId; readonly slot: number }> {
    this.#throwIfFailed();
    this.#builder ??= { pack: new PackBuilder(this.#context.keys, this.#nextPackId()), ordinal: this.#dictionary.allocate() };
    const { pack, ordinal } = this.#builder;
    const entry = pack.add(frame, blockIndex);
    const location: BlockLocation = { blockId: entry.blockId, ordinal, offset: entry.offset, length: entry.length, compression: entry.compression };
    const slot = pack.entries.length - 1;
    if (pack.isFull) await this.#upload();
    return { location, packId: pack.id, slot };
  }

  /** Stores what is left and waits for all uploads; raises the first failure once none is on its way. */
  async finish(): Promise<void> {
    if (this.#builder !== undefined && this.#failure === undefined) await this.#upload();
    await this.settle();
    this.#throwIfFailed();
  }

  /** Waits until nothing is on its way, whatever became of it. */
  async settle(): Promise<void> {
    await Promise.all(this.#uploads);
  }

  async #upload(): Promise<void> {
    const builder = this.#builder;
    if (builder === undefined) return;
    this.#builder = undefined;
    while (this.#uploads.size >= maxUploads) await Promise.race(this.#uploads);
    this.#throwIfFailed();
    const upload = this.#store(builder.pack.finish(), builder.ordinal)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
  }

  async #store(pack: FinishedPack, ordinal: number): Promise<void> {
    const { versionId } = await putOnce(this.#context.store, pack.name, pack.parts, { sha256: pack.sha256, signal: this.#signal });
    const reference: PackReference = { id: pack.id, sizeBytes: pack.sizeBytes, sha256: pack.sha256.subarray(0, 16), versionId, lockedUntilMs: 0 };
    this.#dictionary.resolve(ordinal, reference);
    this.#onStored({ reference, entries: pack.entries });
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
