import { frameSeal } from "../pack/frame-codec.js";
import { CompressionPace } from "../pack/sealing/compression-pace.js";
import type { FrameSealer, SealPlace, Sealing } from "../pack/sealing/frame-sealer.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

export interface BlockSealingOptions {
  readonly sealer: FrameSealer;
  readonly minCompressionLevel: number | undefined;
  readonly options: SignalOptions;
}

/** Has a writer's blocks sealed, as strongly compressed as fits what the writer waits for. */
export class BlockSealing {
  readonly #context: RepositoryContext;
  readonly #options: BlockSealingOptions;
  readonly #pace: CompressionPace;
  #lastAddedAtMs: number | undefined;

  constructor(context: RepositoryContext, options: BlockSealingOptions) {
    this.#context = context;
    this.#options = options;
    this.#pace = new CompressionPace(context.clock, { minLevel: options.minCompressionLevel });
  }

  /** The next block came: since the last one, its source was waited for. */
  sourceWaited(): void {
    if (this.#lastAddedAtMs !== undefined) this.#pace.waited("source", this.#nowMs() - this.#lastAddedAtMs);
  }

  /** A place to seal the next block in: waits for the threads, or, where they are done, for the store that does not take what they have. */
  async place(): Promise<SealPlace> {
    const { sealer, options } = this.#options;
    const reason = sealer.isBusy ? "sealing" : "store";
    const fromMs = this.#nowMs();
    const place = await sealer.place(options.signal);
    this.#pace.waited(reason, this.#nowMs() - fromMs);
    return place;
  }

  begin(place: SealPlace, blockId: Buffer, block: Buffer): Sealing {
    const fromMs = this.#nowMs();
    const sealing = place.begin(frameSeal(this.#context.keys, blockId, this.#pace.level), block);
    this.#pace.waited("sealing", this.#nowMs() - fromMs);
    this.#pace.sealed();
    return sealing;
  }

  /** Waits for what is before the next block. */
  async storeWaits(wait: () => Promise<void>): Promise<void> {
    const fromMs = this.#nowMs();
    await wait();
    this.#lastAddedAtMs = this.#nowMs();
    this.#pace.waited("store", this.#lastAddedAtMs - fromMs);
  }

  #nowMs(): number {
    return this.#context.clock.monotonicMs();
  }
}
