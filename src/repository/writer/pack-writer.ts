import { createHash } from "node:crypto";
import { ConflictError } from "../../errors/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import type { IndexedPack } from "../format/index-run.js";
import { objectNames, type PackId } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import { sealWarmDirectory } from "../format/warm-directory.js";
import { isArchiveClass } from "../../prices/storage-classes.js";
import type { PackDictionary } from "../map/pack-dictionary.js";
import type { SealedFrame } from "../pack/frame-codec.js";
import { PackBuilder, packMemoryBytes, type FinishedPack } from "../pack/pack-builder.js";
import { packsInMemory } from "../pack/pack-options.js";
import type { RepositoryContext } from "../repository-context.js";
import { putOnce } from "../store/put-once.js";

/** A pack that is being filled or on its way, for all whose block maps point into it. */
export interface PackInTheMaking {
  readonly id: PackId;
  /** Resolves once the pack is stored; rejects where it never will be. */
  readonly stored: Promise<PackReference>;
  /** Closes the pack as it is, so that it is stored now. */
  readonly close: () => void;
}

/** Where a block was put; nothing may point there before its pack is stored. */
export interface PlacedBlock {
  readonly entry: DirectoryEntry;
  readonly pack: PackInTheMaking;
}

interface OpenPack extends PackInTheMaking {
  readonly builder: PackBuilder;
  readonly memory: Buffer;
  readonly ordinal: number;
  readonly resolve: (reference: PackReference) => void;
  readonly reject: (error: unknown) => void;
}

export interface PackWriterOptions {
  readonly nextPackId: () => PackId;
  /** Called for each pack once it is stored, before the pack counts as finished. */
  readonly onStored: (pack: IndexedPack) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Fills data packs and stores them, a few at a time; a full one waits for a place: that is the run's back-pressure. */
export class PackWriter {
  readonly #context: RepositoryContext;
  readonly #dictionary: PackDictionary;
  readonly #options: PackWriterOptions;
  /** Packs in memory besides the one being filled, which are those on their way: with one alone, filling waits for its upload. */
  readonly #maxUploads: number;
  readonly #uploads = new Set<Promise<void>>();
  #open: OpenPack | undefined;
  /** Packs that were closed begin their upload one after another. */
  #turn: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  /** Memory of packs that are stored, for the next ones: so much of it, given back by nobody knows when, would double what a run takes. */
  readonly #freeMemory: Buffer[] = [];

  constructor(context: RepositoryContext, dictionary: PackDictionary, options: PackWriterOptions) {
    this.#context = context;
    this.#dictionary = dictionary;
    this.#options = options;
    this.#maxUploads = packsInMemory(context.packs) - 1;
  }

  /** Puts a frame into the pack being filled, at once. `hasRoom` is to be awaited before the next one. */
  place(frame: SealedFrame, blockIndex: number): PlacedBlock & { readonly ordinal: number } {
    this.#throwIfFailed();
    this.#open ??= this.#begin();
    const pack = this.#open;
    return { entry: pack.builder.add(frame, blockIndex), pack, ordinal: pack.ordinal };
  }

  /** Sends a full pack on its way; resolves when there is room for the next. */
  async hasRoom(): Promise<void> {
    if (this.#open?.builder.isFull === true) await this.#close();
    this.#throwIfFailed();
  }

  /** Stores what is left and waits for all uploads; raises the first failure once none is on its way. */
  async finish(): Promise<void> {
    await this.#close();
    await this.settle();
    // a point of many volumes keeps their writers until its commit
    this.#freeMemory.length = 0;
    this.#throwIfFailed();
  }

  /** Gives up what is not on its way yet and waits for the rest, whatever becomes of it. */
  async abandon(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    open?.reject(new ConflictError("Another volume of this run failed before it had stored a block that this volume shares. Run it again.", { code: "SharedPackLost", retryable: true }));
    await this.settle();
  }

  /** Waits until nothing is on its way. */
  async settle(): Promise<void> {
    await this.#turn;
    await Promise.all(this.#uploads);
  }

  #begin(): OpenPack {
    const memory = this.#freeMemory.pop() ?? Buffer.allocUnsafeSlow(packMemoryBytes(this.#context.packs));
    const builder = new PackBuilder(this.#context.keys, this.#options.nextPackId(), this.#context.packs, memory);
    let resolve: (reference: PackReference) => void = () => undefined;
    let reject: (error: unknown) => void = () => undefined;
    const stored = new Promise<PackReference>((onStored, onFailed) => {
      resolve = onStored;
      reject = onFailed;
    });
    // this writer raises its failure itself; nobody else may be waiting for this pack
    stored.catch(() => undefined);
    const pack: OpenPack = {
      id: builder.id,
      builder,
      memory,
      ordinal: this.#dictionary.allocate(builder.id),
      stored,
      resolve,
      reject,
      close: () => {
        if (this.#open === pack) void this.#close();
      },
    };
    return pack;
  }

  /** Resolves when the upload has begun and another pack has room. Never rejects: a failure is remembered. */
  async #close(): Promise<void> {
    const pack = this.#open;
    this.#open = undefined;
    if (pack !== undefined) this.#turn = this.#turn.then(async () => await this.#beginUpload(pack));
    await this.#turn;
  }

  async #beginUpload(pack: OpenPack): Promise<void> {
    while (this.#uploads.size >= Math.max(1, this.#maxUploads)) await Promise.race(this.#uploads);
    if (this.#failure !== undefined) {
      pack.reject(this.#failure.error);
      return;
    }
    const upload = this.#store(pack)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        pack.reject(error);
      })
      .finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
    while (this.#uploads.size > this.#maxUploads) await Promise.race(this.#uploads);
  }

  async #store({ builder, memory, ordinal, resolve }: OpenPack): Promise<void> {
    const pack = builder.finish();
    const { id, name, parts, sizeBytes, sha256, entries } = pack;
    if (isArchiveClass(this.#context.store.storageClass)) await this.#storeWarmDirectory(pack);
    const lock = this.#context.locks?.lockNow();
    const { versionId } = await putOnce(this.#context.store, name, parts, { sha256, lock, temperature: "cold", signal: this.#options.signal });
    this.#freeMemory.push(memory);
    const reference: PackReference = { id, sizeBytes, sha256: sha256.subarray(0, 16), versionId, lockedUntilMs: lock?.until.getTime() ?? 0 };
    this.#dictionary.resolve(ordinal, reference);
    resolve(reference);
    await this.#options.onStored({ reference, entries });
  }

  /** Before its pack, so that no archived pack is without. */
  async #storeWarmDirectory({ id, ...pack }: FinishedPack): Promise<void> {
    const bytes = sealWarmDirectory(this.#context.keys, id, pack);
    await putOnce(this.#context.store, objectNames.warmDirectory(id), [bytes], { sha256: createHash("sha256").update(bytes).digest(), signal: this.#options.signal });
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
