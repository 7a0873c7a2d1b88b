import type { BlockData } from "../../ports/index.js";
import type { IndexedPack } from "../format/index-run.js";
import { PackDictionary } from "../map/pack-dictionary.js";
import { sealFrame } from "../pack/frame-codec.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { HealedPlace } from "../writer/healing.js";
import { IndexRunWriter } from "../writer/index-run-writer.js";
import { PackWriter } from "../writer/pack-writer.js";
import type { WriterSession } from "../writer/writer-session.js";

/** Stores the blocks that a repair brings from elsewhere, in packs of the repair's own session. */
export class RepairPacks {
  readonly #context: RepositoryContext;
  readonly #options: SignalOptions;
  readonly #packs: PackWriter;
  readonly #runs: IndexRunWriter;
  storedBytes = 0;

  constructor(context: RepositoryContext, session: WriterSession, options: SignalOptions) {
    this.#context = context;
    this.#options = options;
    this.#runs = new IndexRunWriter(context, session.id, () => undefined);
    this.#packs = new PackWriter(context, new PackDictionary(undefined), {
      nextPackId: () => session.nextPackId("data"),
      onStored: async (pack) => { await this.#takeIn(pack); },
      signal: options.signal,
    });
  }

  /** Stores a block; nothing may point there before its pack is stored. */
  async add(block: BlockData): Promise<HealedPlace> {
    const frame = sealFrame(this.#context.keys, this.#context.keys.blockId(block.sha256), block.data);
    const { entry, pack } = this.#packs.place(frame, block.index);
    this.storedBytes += frame.length;
    await this.#packs.hasRoom();
    return { entry, pack: pack.stored };
  }

  async finish(): Promise<void> {
    await this.#packs.finish();
    await this.#runs.flush(this.#options);
  }

  async abandon(): Promise<void> {
    await this.#packs.abandon();
  }

  async #takeIn(pack: IndexedPack): Promise<void> {
    this.#context.index.add(pack.reference, pack.entries);
    await this.#runs.add(pack, this.#options);
  }
}
