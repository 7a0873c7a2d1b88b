import { IllegalStateError, IntegrityError, mistake } from "../../../errors/index.js";
import type { Logger } from "../../../ports/index.js";
import { sealBlock, type FrameSeal, type SealedFrame } from "../frame-codec.js";
import { BlockThreads } from "./block-threads.js";
import { sealHere, type FrameSealer, type SealPlace, type Sealing } from "./frame-sealer.js";
import { SealSlot } from "./seal-slot.js";
import { SlotPool } from "./slot-pool.js";

/** Blocks that are sealed in the calling thread before the first thread is made: most increments of small volumes have no more, and need no threads. */
const defaultBlocksBeforeThreads = 64;
/** For each thread: the block that it seals, the next one, and one whose frame waits for its turn. */
const slotsPerThread = 3;

export interface SealThreadsOptions {
  /** How many at most, 1 or more; or those that are there. */
  readonly threads: number | BlockThreads;
  readonly logger?: Logger | undefined;
  /** Blocks that are sealed in the calling thread first (default 64). */
  readonly blocksBeforeThreads?: number | undefined;
}

/** Seals blocks in threads, each in a slot that they share with the calling thread. */
export class SealThreads implements FrameSealer {
  readonly lookAhead: number;
  readonly #threads: BlockThreads;
  readonly #blocksBeforeThreads: number;
  readonly #slots: SlotPool<SealSlot>;
  #sealedHere = 0;

  constructor({ threads, logger, blocksBeforeThreads = defaultBlocksBeforeThreads }: SealThreadsOptions) {
    this.#threads = typeof threads === "number" ? new BlockThreads({ threads, logger }) : threads;
    this.#blocksBeforeThreads = blocksBeforeThreads;
    this.lookAhead = this.#threads.maxThreads * slotsPerThread;
    this.#slots = new SlotPool(this.lookAhead, () => new SealSlot({ number: this.#threads.nextSlot() }));
  }

  get isBusy(): boolean {
    return this.#threads.isBusy || this.#sealedHere < this.#blocksBeforeThreads || this.#threads.isBroken;
  }

  place(signal?: AbortSignal): Promise<SealPlace> | SealPlace {
    if (this.#threads.isBroken || this.#sealedHere < this.#blocksBeforeThreads) {
      this.#sealedHere++;
      return sealHere.place();
    }
    const slot = this.#slots.take(signal);
    return slot instanceof SealSlot ? this.#placeOf(slot) : slot.then((free) => this.#placeOf(free));
  }

  /** Ends all threads, and lets go of the memory; what they were doing is done in the calling thread. The next block begins others. */
  async close(): Promise<void> {
    await this.#threads.close();
    this.#slots.drop();
  }

  #placeOf(slot: SealSlot): SealPlace {
    const release = this.#slots.releaseOf(slot);
    return {
      begin: (seal, block): Sealing => {
        slot.fill(seal, block);
        const frame = this.#seal(slot, seal);
        // whoever wants it raises it
        frame.catch(() => undefined);
        return { frame, release: () => void frame.then(release, release) };
      },
      leave: release,
    };
  }

  async #seal(slot: SealSlot, seal: FrameSeal): Promise<SealedFrame> {
    return await new Promise<SealedFrame>((resolve, reject) => {
      this.#threads.run({
        slot,
        work: { kind: "seal", level: seal.level },
        settle: (answer) => {
          const { failure } = answer;
          if (failure?.code === "SelfCheckFailed") reject(new IntegrityError(failure.message, { code: "SelfCheckFailed" }));
          else if (failure !== undefined) reject(new IllegalStateError(`A thread that seals blocks failed: ${failure.message}. ${mistake}`, { code: "ThreadFailed" }));
          else resolve(slot.frame(seal.blockId, answer.compression, answer.length));
        },
        doHere: () => {
          const sealed = async (): Promise<SealedFrame> => sealBlock(seal, slot.block);
          resolve(sealed());
        },
      });
    });
  }
}
