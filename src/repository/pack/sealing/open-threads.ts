import { IntegrityError } from "../../../errors/index.js";
import { openBlock, type FrameOpening, type OpenedBlock } from "../frame-codec.js";
import type { BlockThreads } from "./block-threads.js";
import { openHere, type FrameOpener } from "./frame-opener.js";
import { OpenSlot } from "./open-slot.js";
import { SlotPool } from "./slot-pool.js";
import type { ThreadAnswer } from "./thread-messages.js";

/** Frames that are opened in the calling thread before the first thread is made: what is small needs no threads. */
const defaultBlocksBeforeThreads = 64;
/** For each thread: the frame that it opens, the next one, and one whose block waits for its turn. */
const slotsPerThread = 3;
/** The code of every error that is about a frame. */
const damagedFrame = "DamagedFrame";

export interface OpenThreadsOptions {
  readonly threads: BlockThreads;
  /** Opened blocks that may be held at the same time, besides those that the threads work on: what is being written. 512 KiB each. */
  readonly maxHeldBlocks: number;
  /** Frames that are opened in the calling thread first (default 64). */
  readonly blocksBeforeThreads?: number | undefined;
}

/**
 * Opens frames in threads: decrypts, decompresses and proves each of them in a slot that is shared, where it stays until it was written. So the memory of a restore is that of its slots, used again and
 * again, and whoever is slow to write holds back what opens and reads.
 */
export class OpenThreads implements FrameOpener {
  readonly lookAhead: number;
  readonly #threads: BlockThreads;
  readonly #blocksBeforeThreads: number;
  readonly #slots: SlotPool<OpenSlot>;
  #openedHere = 0;

  constructor({ threads, maxHeldBlocks, blocksBeforeThreads = defaultBlocksBeforeThreads }: OpenThreadsOptions) {
    this.#threads = threads;
    this.#blocksBeforeThreads = blocksBeforeThreads;
    this.lookAhead = threads.maxThreads * slotsPerThread;
    this.#slots = new SlotPool(this.lookAhead + maxHeldBlocks, () => new OpenSlot({ number: threads.nextSlot() }));
  }

  open(opening: FrameOpening, frame: Buffer, signal?: AbortSignal): Promise<OpenedBlock> | OpenedBlock {
    if (!this.#threads.isBroken && this.#openedHere >= this.#blocksBeforeThreads) return this.#open(opening, frame, signal);
    this.#openedHere++;
    return openHere.open(opening, frame);
  }

  /** Ends all threads, and lets go of the memory that nobody holds. The next frame begins others. */
  async close(): Promise<void> {
    await this.#threads.close();
    this.#slots.drop();
  }

  async #open(opening: FrameOpening, frame: Buffer, signal: AbortSignal | undefined): Promise<OpenedBlock> {
    const slot = await this.#slots.take(signal);
    const release = this.#slots.releaseOf(slot);
    slot.fill(opening, frame);
    const { length, compression } = opening.expected;
    try {
      return await new Promise<OpenedBlock>((resolve, reject) => {
        const doHere = (): void => {
          const open = async (): Promise<OpenedBlock> => {
            // from the caller's memory: a thread that ended in the middle may have spoiled the slot's
            slot.put(openBlock(opening, frame));
            return slot.block(release);
          };
          resolve(open());
        };
        const settle = ({ failure }: ThreadAnswer): void => {
          if (failure === undefined) resolve(slot.block(release));
          else if (failure.code === damagedFrame) reject(new IntegrityError(failure.message, { code: damagedFrame }));
          // what else befell the thread says nothing about the frame
          else doHere();
        };
        this.#threads.run({ slot, work: { kind: "open", length, compression }, settle, doHere });
      });
    } catch (error) {
      release();
      throw error;
    }
  }
}
