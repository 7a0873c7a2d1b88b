import type { Worker } from "node:worker_threads";
import type { Logger } from "../../../ports/index.js";
import { startThread } from "./start-thread.js";
import type { ThreadAnswer, ThreadRequest, ThreadWork } from "./thread-messages.js";

/** Memory that the threads share, with a number of its own by which they know it. */
export interface ThreadSlot {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
}

/** Work on a slot. One of `settle` and `doHere` is called, once. */
export interface ThreadJob {
  readonly slot: ThreadSlot;
  readonly work: ThreadWork;
  readonly settle: (answer: ThreadAnswer) => void;
  /** No thread can be had, or the one that did it is gone: it is to be done in the calling thread. */
  readonly doHere: () => void;
}

export interface BlockThreadsOptions {
  /** How many at most: 1 or more. */
  readonly threads: number;
  readonly logger?: Logger | undefined;
}

interface BlockThread {
  readonly worker: Worker;
  readonly knownSlots: Set<number>;
  job: ThreadJob | undefined;
}

/**
 * The threads that seal and open blocks, over slots of memory that all of them share: nothing is sent between them but numbers. Shared by all volumes that move in a
 * process. They come with the work and go with `close`; while they have nothing to do they do not keep the process alive. Where a thread cannot be had, or dies, its work is done in the calling thread.
 */
export class BlockThreads {
  readonly maxThreads: number;
  readonly #logger: Logger | undefined;
  readonly #threads = new Set<BlockThread>();
  readonly #jobs: ThreadJob[] = [];
  #slots = 0;
  #isBroken = false;

  constructor({ threads, logger }: BlockThreadsOptions) {
    this.maxThreads = threads;
    this.#logger = logger;
  }

  /** Whether there is work that no thread has begun. */
  get isBusy(): boolean {
    return this.#jobs.length > 0;
  }

  /** Whether threads cannot be had here: then all work is done in the calling thread. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The number of a new slot. */
  nextSlot(): number {
    return this.#slots++;
  }

  run(job: ThreadJob): void {
    this.#jobs.push(job);
    this.#pump();
  }

  /** Ends all threads; what they were doing is done in the calling thread. The next work begins others. */
  async close(): Promise<void> {
    const ending = [...this.#threads];
    // none of them is given anything more, and all of them keep the process alive until they have ended
    this.#threads.clear();
    await Promise.all(ending.map(({ worker }) => worker.terminate()));
  }

  #pump(): void {
    for (const thread of this.#threads) if (thread.job === undefined) this.#give(thread);
    while (this.#jobs.length > 0 && this.#threads.size < this.maxThreads && !this.#isBroken) this.#give(this.#newThread());
    if (this.#isBroken) for (const job of this.#jobs.splice(0)) job.doHere();
  }

  #give(thread: BlockThread): void {
    const job = this.#jobs.shift();
    thread.job = job;
    if (job === undefined) {
      thread.worker.unref();
      return;
    }
    const { slot, work } = job;
    const isKnown = thread.knownSlots.has(slot.number);
    thread.knownSlots.add(slot.number);
    const request: ThreadRequest = { slot: slot.number, work, ...(!isKnown && { memory: slot.memory }) };
    thread.worker.ref();
    thread.worker.postMessage(request);
  }

  #newThread(): BlockThread {
    const thread: BlockThread = { worker: startThread(), knownSlots: new Set(), job: undefined };
    this.#threads.add(thread);
    thread.worker.on("message", (answer: ThreadAnswer) => {
      const { job } = thread;
      thread.job = undefined;
      job?.settle(answer);
      this.#pump();
    });
    thread.worker.on("error", (error) => {
      // It did not even begin, or ran out of memory: what it was doing is done here, and nothing more is given to threads.
      this.#isBroken = true;
      this.#logger?.warn("a thread that seals and opens blocks failed: it is done in the main thread from now on, which is slower", { error: error.message });
    });
    thread.worker.once("exit", () => {
      this.#threads.delete(thread);
      const { job } = thread;
      thread.job = undefined;
      job?.doHere();
      this.#pump();
    });
    return thread;
  }
}
