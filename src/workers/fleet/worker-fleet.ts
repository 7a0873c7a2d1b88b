import { controlNames } from "../../mover/protocol/object-names.js";
import type { Tags } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import type { PoolContext } from "../pool-context.js";
import { isEnough } from "../profiles/choose-profile.js";
import { covers, removeTemporaryRole } from "../roles/temporary-role.js";
import { FleetWorker, type WorkerKind } from "./fleet-worker.js";
import { hasTimeForTask, launchWorker } from "./launch-worker.js";

/** What somebody needs a worker for. */
export interface WorkerNeed extends WorkerKind {
  /** Of a worker that is launched for it. */
  readonly tags: Tags;
  /** No spot instance: too many were taken back. Where the pool takes nothing else, it means nothing. */
  readonly isOnDemand?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  readonly need: WorkerNeed;
  readonly give: (worker: FleetWorker) => void;
}

/**
 * The workers that this engine has: launched when they are needed, never more than the caps, kept warm for a while for
 * further small tasks, ended when nobody wants them or they are lost.
 */
export class WorkerFleet {
  readonly #context: PoolContext;
  readonly #workers = new Set<FleetWorker>();
  readonly #line: Waiting[] = [];
  readonly #takenAddresses = new Map<string, Map<string, number>>();
  readonly #idle = new Map<FleetWorker, AbortController>();
  readonly #endings = new Set<Promise<void>>();

  constructor(context: PoolContext) {
    this.#context = context;
  }

  /** The workers that are there or on their way. */
  get size(): number {
    return this.#workers.size;
  }

  /** The names of workers that are this engine's own: no reaping touches them. */
  ids(): ReadonlySet<string> {
    return new Set([...this.#workers].map(({ id }) => id));
  }

  /** A worker for one task that has said hello: a warm one, or a new one as soon as the caps allow. Whoever takes one gives it back (`release`) or up (`discard`). */
  async acquire(need: WorkerNeed): Promise<FleetWorker> {
    need.signal?.throwIfAborted();
    const worker = await this.#wait(need);
    // a new one has said nothing yet
    if (worker.publicKey !== undefined) return worker;
    try {
      await worker.begin();
      const taken = this.#takenAddresses.get(need.region) ?? new Map<string, number>();
      this.#takenAddresses.set(need.region, taken);
      await launchWorker(this.#context, worker, taken, { signal: need.signal, isOnDemand: need.isOnDemand });
      this.#context.logger.info("a worker is there", { worker: worker.id, instanceId: worker.instanceId, region: need.region, profile: need.profile });
      return worker;
    } catch (error) {
      await this.discard(worker);
      throw error;
    }
  }

  /** The task is done: the worker waits for another, and ends where none comes. */
  release(worker: FleetWorker): void {
    worker.isBusy = false;
    this.#serve();
    if (this.#isIdle(worker)) this.#endWhenIdle(worker);
  }

  /** Ends a worker, whatever it does, and removes what it has in the bucket. What fails here is found by `reap`. */
  async discard(worker: FleetWorker): Promise<void> {
    if (!this.#workers.delete(worker)) return;
    this.#idle.get(worker)?.abort();
    this.#idle.delete(worker);
    const { logger, options } = this.#context;
    try {
      await worker.stop();
      const compute = options.account.workerCompute(worker.kind.region);
      const instanceIds = new Set(worker.instanceId === undefined ? [] : [worker.instanceId]);
      // the reply to a launch may have been lost
      if (worker.instanceId === undefined) for await (const { instanceId, state } of compute.instancesByTags(worker.ownTags)) if (state !== "terminated") instanceIds.add(instanceId);
      await compute.terminate([...instanceIds]);
      await removeTemporaryRole(this.#context, worker);
      await (await this.#context.control()).removeAll(controlNames.worker(worker.id));
    } catch (error) {
      logger.warn("a worker could not be removed: reap() finds it", { worker: worker.id, instanceId: worker.instanceId, error: asError(error).message });
    } finally {
      this.#serve();
    }
  }

  /** Ends all workers that have nothing to do, and waits for those that are about to end. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].filter(({ isBusy }) => !isBusy).map(async (worker) => await this.discard(worker)));
    await Promise.all(this.#endings);
  }

  async #wait(need: WorkerNeed): Promise<FleetWorker> {
    return await new Promise((resolve, reject) => {
      const waiting: Waiting = {
        need,
        give: (worker) => {
          need.signal?.removeEventListener("abort", giveUp);
          resolve(worker);
        },
      };
      const giveUp = (): void => {
        this.#line.splice(this.#line.indexOf(waiting), 1);
        reject(need.signal?.reason as Error);
      };
      need.signal?.addEventListener("abort", giveUp, { once: true });
      this.#line.push(waiting);
      this.#serve();
    });
  }

  /** Gives those who wait what there is, in the order of their coming; who cannot be served stands in nobody's way. */
  #serve(): void {
    for (const waiting of [...this.#line]) {
      const worker = this.#findWarm(waiting.need);
      if (worker === undefined && !this.#mayLaunch(waiting.need)) continue;
      this.#line.splice(this.#line.indexOf(waiting), 1);
      if (worker === undefined) {
        const next = new FleetWorker(this.#context, waiting.need, waiting.need.tags);
        this.#workers.add(next);
        waiting.give(next);
        continue;
      }
      worker.isBusy = true;
      this.#idle.get(worker)?.abort();
      this.#idle.delete(worker);
      waiting.give(worker);
    }
  }

  /** One that holds a part of a point stays until all parts are there: where the caps allow no other beside it, it does the others' work too, though it is small for that. */
  #findWarm(need: WorkerNeed): FleetWorker | undefined {
    const warm = [...this.#workers].filter((worker) => {
      const { isBusy, goneReason, isSpot, kind } = worker;
      const isFree = !isBusy && goneReason === undefined && hasTimeForTask(this.#context, worker) && !(isSpot && need.isOnDemand === true);
      return isFree && kind.region === need.region && kind.policy === need.policy && covers(kind.access, need.access);
    });
    return warm.find(({ kind }) => isEnough(kind.profile, need.profile)) ?? (this.#mayLaunch(need) ? undefined : warm.find(({ heldParts }) => heldParts > 0));
  }

  #mayLaunch(need: WorkerNeed): boolean {
    const { maxWorkers, maxWorkersPerRegion, maxWorkersPerPolicy } = this.#context.options;
    const kinds = [...this.#workers].map(({ kind }) => kind);
    const inRegion = kinds.filter(({ region }) => region === need.region).length;
    const ofPolicy = kinds.filter(({ policy }) => policy === need.policy).length;
    return kinds.length < maxWorkers && inRegion < maxWorkersPerRegion && (need.policy === undefined || ofPolicy < maxWorkersPerPolicy);
  }

  #isIdle(worker: FleetWorker): boolean {
    return !worker.isBusy && this.#workers.has(worker);
  }

  #endWhenIdle(worker: FleetWorker): void {
    const { clock, pace } = this.#context;
    const timer = new AbortController();
    this.#idle.set(worker, timer);
    const ending = (async (): Promise<void> => {
      for (;;) {
        await clock.sleep(pace.idleMs, timer.signal);
        if (worker.heldParts === 0) break;
        // what it holds is known only after its release: who waits may take it now
        this.#serve();
      }
      await this.discard(worker);
    })().catch((error: unknown) => {
      if (!timer.signal.aborted) this.#context.logger.warn("a worker's end failed", { worker: worker.id, error: asError(error).message });
    });
    this.#endings.add(ending);
    void ending.then(() => this.#endings.delete(ending));
  }
}
