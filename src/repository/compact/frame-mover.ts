import { IntegrityError } from "../../errors/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import type { BlockLocation } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import { PackBuilder, packMemoryBytes } from "../pack/pack-builder.js";
import { openFrame } from "../pack/frame-codec.js";
import { isGone } from "../store/store-answers.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { RelocatedFrame } from "../relocation/relocation.js";
import { Relocations } from "../relocation/relocations.js";
import { writeRelocation } from "../relocation/write-relocation.js";
import { IndexRunWriter } from "../writer/index-run-writer.js";
import { putOnce } from "../store/put-once.js";
import type { WriterSession } from "../writer/writer-session.js";
import { isCopied } from "./is-copied.js";
import type { SparsePack } from "./live-frames.js";

interface Moving {
  readonly from: SparsePack;
  readonly offset: number;
  readonly length: number;
  readonly compression: number;
  readonly to: { readonly offset: number; readonly length: number };
}

/** Copies frames as they are, sealed, into new packs, and says in relocations where they lie now. Each is opened before: what is damaged is not carried on. */
export class FrameMover {
  readonly #context: RepositoryContext;
  readonly #session: WriterSession;
  readonly #options: SignalOptions;
  readonly #runs: IndexRunWriter;
  readonly #relocations: Relocations;
  readonly #memory: Buffer;
  #builder: PackBuilder | undefined;
  #moving: Moving[] = [];
  /** Frames whose new packs are stored, by the old pack; told in a relocation once the old pack is through. */
  readonly #moved = new Map<SparsePack, RelocatedFrame[]>();
  #packs = 0;
  #bytes = 0;

  constructor(context: RepositoryContext, session: WriterSession, options: SignalOptions) {
    this.#context = context;
    this.#session = session;
    this.#options = options;
    this.#relocations = new Relocations(context);
    this.#memory = Buffer.allocUnsafeSlow(packMemoryBytes(context.packs));
    this.#runs = new IndexRunWriter(context, session.id, () => undefined);
  }

  get written(): { readonly packs: number; readonly bytes: number } {
    return { packs: this.#packs, bytes: this.#bytes };
  }

  /** Copies what is needed of a pack. `false`: a frame of it does not open, so that it stays as it is, or it is gone. */
  async add(from: SparsePack): Promise<boolean> {
    const { keys, logger } = this.#context;
    const name = objectNames.pack(from.pack.id);
    const body = await this.#read(name);
    if (body === undefined) return false;
    const all = [...from.frames.values()].sort((a, b) => a.offset - b.offset);
    const frames: BlockLocation[] = [];
    for (const location of all) if (!(await isCopied(this.#context, this.#relocations, name, location, this.#options))) frames.push(location);
    for (const location of frames) {
      try {
        openFrame(keys, body.subarray(location.offset, location.offset + location.length), location);
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        logger.warn("a pack has a damaged frame and is not compacted; verify names the points that need it", { object: name, offset: location.offset });
        return false;
      }
    }
    for (const { blockId, offset, length, compression } of frames) {
      this.#builder ??= new PackBuilder(keys, this.#session.nextPackId("data"), this.#context.packs, this.#memory);
      const entry = this.#builder.add({ blockId, compression, parts: [body.subarray(offset, offset + length)], length }, 0);
      this.#moving.push({ from, offset, length, compression, to: { offset: entry.offset, length: entry.length } });
      if (this.#builder.isFull) await this.#store();
    }
    return true;
  }

  async #read(name: string): Promise<Buffer | undefined> {
    try {
      return (await this.#context.store.get(name, this.#options)).body;
    } catch (error) {
      if (!isGone(error)) throw error;
      // what needed it was removed, and another collected it, since it was chosen
      this.#context.logger.info("a pack that was to be compacted is gone", { object: name });
      return undefined;
    }
  }

  /** Stores what is left and writes the relocations. */
  async finish(): Promise<void> {
    await this.#store();
    for (const [{ pack }, frames] of this.#moved) await writeRelocation(this.#context, objectNames.pack(pack.id), frames, this.#options);
    await this.#runs.flush(this.#options);
  }

  async #store(): Promise<void> {
    const builder = this.#builder;
    if (builder === undefined) return;
    this.#builder = undefined;
    const pack = builder.finish();
    const { versionId } = await putOnce(this.#context.store, pack.name, pack.parts, { sha256: pack.sha256, signal: this.#options.signal });
    const reference: PackReference = { id: pack.id, sizeBytes: pack.sizeBytes, sha256: pack.sha256.subarray(0, 16), versionId, lockedUntilMs: 0 };
    this.#packs++;
    this.#bytes += pack.sizeBytes;
    await this.#runs.add({ reference, entries: pack.entries }, this.#options);
    for (const { from, offset, length, compression, to } of this.#moving) {
      const frames = this.#moved.get(from) ?? [];
      this.#moved.set(from, frames);
      frames.push({ offset, length, to: { reference, ...to, compression } });
    }
    this.#moving = [];
  }
}
