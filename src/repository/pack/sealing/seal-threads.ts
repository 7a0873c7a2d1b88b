import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { IntegrityError } from "../../../errors/index.js";
import type { Logger } from "../../../ports/index.js";
import { sealBlock, type FrameSeal, type SealedFrame } from "../frame-codec.js";
import { sealHere, type FrameSealer, type SealPlace, type Sealing } from "./frame-sealer.js";
import type { SealAnswer, SealRequest } from "./seal-messages.js";
import { SealSlot } from "./seal-slot.js";

/** Blocks that are sealed in the calling thread before the first thread is made: most increments of small volumes have no more, and need no threads. */
const defaultBlocksBeforeThreads = 64;
/** For each thread: the block that it seals, the next one, and one whose frame waits for its turn. */
const slotsPerThread = 3;

export interface SealThreadsOptions {
  /** How many at most: 1 or more. */
  readonly threads: number;
  readonly logger?: Logger | undefined;
  /** Blocks that are sealed in the calling thread first (default 64). */
  readonly blocksBeforeThreads?: number | undefined;
}

interface Job {
  readonly slot: number;
  readonly seal: FrameSeal;
  readonly resolve: (frame: SealedFrame) => void;
  readonly reject: (error: unknown) => void;
}

interface SealThread {
  readonly worker: Worker;
  readonly knownSlots: Set<number>;
  job: Job | undefined;
}

/**
 * Seals blocks in threads of its own, over slots of memory that all threads share: nothing is sent between them but numbers. Shared by all volumes that move in a
 * process. The threads come with the work and go with `close`; while they have nothing to do they do not keep the process alive. Where a thread cannot be had, or dies, its blocks are sealed in the calling thread.
 */
export class SealThreads implements FrameSealer {
  readonly lookAhead: number;
  readonly #maxThreads: number;
  readonly #blocksBeforeThreads: number;
  readonly #logger: Logger | undefined;
  readonly #threads = new Set<SealThread>();
  readonly #slots: SealSlot[] = [];
  readonly #freeSlots: number[] = [];
  readonly #waiting: ((slot: number) => void)[] = [];
  readonly #jobs: Job[] = [];
  #sealedHere = 0;
  #isBroken = false;

  constructor({ threads, logger, blocksBeforeThreads = defaultBlocksBeforeThreads }: SealThreadsOptions) {
    this.#maxThreads = threads;
    this.#blocksBeforeThreads = blocksBeforeThreads;
    this.#logger = logger;
    this.lookAhead = threads * slotsPerThread;
  }

  get isBusy(): boolean {
    return this.#jobs.length > 0 || this.#sealedHere < this.#blocksBeforeThreads || this.#isBroken;
  }

  place(signal?: AbortSignal): Promise<SealPlace> | SealPlace {
    if (this.#isBroken || this.#sealedHere < this.#blocksBeforeThreads) {
      this.#sealedHere++;
      return sealHere.place();
    }
    const slot = this.#freeSlots.pop() ?? this.#newSlot();
    return slot === undefined ? this.#turn(signal) : this.#placeOf(slot);
  }

  /** Ends all threads; what they were doing is done in the calling thread. The next block begins others. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
    if (this.#freeSlots.length < this.#slots.length) return;
    this.#slots.length = 0;
    this.#freeSlots.length = 0;
  }

  #newSlot(): number | undefined {
    if (this.#slots.length >= this.lookAhead) return undefined;
    return this.#slots.push(new SealSlot()) - 1;
  }

  async #turn(signal: AbortSignal | undefined): Promise<SealPlace> {
    signal?.throwIfAborted();
    const slot = await new Promise<number>((resolve, reject) => {
      const enter = (free: number): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve(free);
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(enter);
    });
    return this.#placeOf(slot);
  }

  #placeOf(slot: number): SealPlace {
    let isHeld = true;
    const release = (): void => {
      if (isHeld) this.#free(slot);
      isHeld = false;
    };
    return {
      begin: (seal, block): Sealing => {
        this.#slots[slot]?.fill(seal, block);
        const frame = new Promise<SealedFrame>((resolve, reject) => {
          this.#jobs.push({ slot, seal, resolve, reject });
        });
        // whoever wants it raises it
        frame.catch(() => undefined);
        this.#pump();
        return { frame, release: () => void frame.then(release, release) };
      },
      leave: release,
    };
  }

  #free(slot: number): void {
    this.#slots[slot]?.clear();
    const next = this.#waiting.shift();
    if (next === undefined) this.#freeSlots.push(slot);
    else next(slot);
  }

  #pump(): void {
    for (const thread of this.#threads) if (thread.job === undefined) this.#give(thread);
    while (this.#jobs.length > 0 && this.#threads.size < this.#maxThreads && !this.#isBroken) this.#give(this.#newThread());
    if (this.#isBroken) for (const job of this.#jobs.splice(0)) this.#doHere(job);
  }

  #give(thread: SealThread): void {
    const job = this.#jobs.shift();
    thread.job = job;
    if (job === undefined) {
      thread.worker.unref();
      return;
    }
    const memory = thread.knownSlots.has(job.slot) ? undefined : this.#slots[job.slot]?.memory;
    thread.knownSlots.add(job.slot);
    const request: SealRequest = { slot: job.slot, level: job.seal.level, ...(memory !== undefined && { memory }) };
    thread.worker.ref();
    thread.worker.postMessage(request);
  }

  #newThread(): SealThread {
    const thread: SealThread = { worker: startWorker(), knownSlots: new Set(), job: undefined };
    this.#threads.add(thread);
    thread.worker.on("message", (answer: SealAnswer) => {
      const { job } = thread;
      thread.job = undefined;
      if (job !== undefined) this.#settle(job, answer);
      this.#pump();
    });
    thread.worker.on("error", (error) => {
      // It did not even begin, or ran out of memory: what it was doing is done here, and nothing more is given to threads.
      this.#isBroken = true;
      this.#logger?.warn("a thread that seals blocks failed: they are sealed in the main thread from now on, which is slower", { error: error.message });
    });
    thread.worker.once("exit", () => {
      this.#threads.delete(thread);
      if (thread.job !== undefined) this.#doHere(thread.job);
      thread.job = undefined;
      this.#pump();
    });
    return thread;
  }

  #settle({ slot, seal, resolve, reject }: Job, answer: SealAnswer): void {
    const place = this.#slots[slot];
    if (answer.failure !== undefined) reject(new IntegrityError(answer.failure.message, { code: answer.failure.code }));
    else if (place !== undefined) resolve(place.frame(seal.blockId, answer.compression, answer.length));
  }

  #doHere({ slot, seal, resolve, reject }: Job): void {
    try {
      const block = this.#slots[slot]?.block;
      if (block !== undefined) resolve(sealBlock(seal, block));
    } catch (error) {
      reject(error);
    }
  }
}

/** In the package, and in the data mover's bundle, the thread's code is a file beside this one's, with the same ending. Run from the source, as tests and benchmarks do, it is TypeScript and needs its loader. */
function startWorker(): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  const url = new URL(`./seal-thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  const worker = isSource ? new Worker(`import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`, { eval: true }) : new Worker(url);
  worker.unref();
  return worker;
}
