import { controlNames } from "../../mover/protocol/object-names.js";
import type { Tags } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import type { PoolContext } from "../pool-context.js";
import { ownTags } from "../tags/worker-tags.js";
import type { IamPolicyStatement } from "../roles/policy-document.js";
import type { WorkerProfile } from "../profiles/profile-options.js";

/** For what a worker was launched, and so what else it may be given. */
export interface WorkerKind {
  readonly region: string;
  readonly profile: WorkerProfile;
  /** The policy by whose name it is tagged. */
  readonly policy: string | undefined;
  /** What its own role allows beside meeting its engine; nothing where all workers share a role. */
  readonly access?: readonly IamPolicyStatement[] | undefined;
}

/** What of a worker's time goes with a task, for what it costs. */
export interface WorkerTime {
  readonly machineMs: number;
  /** Workers that were launched for it. */
  readonly launches: number;
}

/** The engine's side of one worker: the beats that keep it alive, and its orders. */
export class FleetWorker {
  readonly id: string;
  readonly kind: WorkerKind;
  readonly tags: Tags;
  /** Of these, the engine's own: by them it is found. */
  readonly ownTags: Tags;
  /** Once it is launched. */
  instanceId: string | undefined;
  /** When its launch was asked for, by the monotonic clock. */
  launchedMs: number | undefined;
  /** Once it has said hello. */
  publicKey: Buffer | undefined;
  /** Of its own role, as soon as there may be one. */
  roleName: string | undefined;
  /** What was learned of its instance's end. */
  goneReason: string | undefined;
  /** Whether EC2 may take it back. */
  isSpot = false;
  isBusy = true;
  /** Leases that it holds for points which are not committed yet. */
  heldParts = 0;
  readonly #context: PoolContext;
  readonly #ending = new AbortController();
  /** Up to here its time went with a task. */
  #toldMs: number;
  #hasWorked = false;
  #etag: string | undefined;
  #beat = 0;
  #orders = 0;
  #beating: Promise<void> = Promise.resolve();

  constructor(context: PoolContext, kind: WorkerKind, tags: Tags) {
    this.#context = context;
    this.#toldMs = context.clock.monotonicMs();
    this.kind = kind;
    this.id = context.random.bytes(16).toString("hex");
    this.ownTags = ownTags(context.options.applianceId, this.id);
    this.tags = { ...tags, ...this.ownTags };
  }

  /** Says whose worker this will be, before there is one, and goes on saying so. */
  async begin(): Promise<void> {
    const control = await this.#context.control();
    const etag = await control.create(controlNames.engine(this.id), this.#document("work"));
    if (etag === false) throw new Error(`the random name ${this.id} is taken`);
    this.#etag = etag;
    this.#beating = this.#keepBeating();
  }

  /** The time that goes with the task that ends now: since the end of the one before; with the first, since the launch, and the time that it will be kept warm at its end. */
  takeTime(): WorkerTime {
    const { clock, pace } = this.#context;
    const nowMs = clock.monotonicMs();
    const time = { machineMs: nowMs - this.#toldMs + (this.#hasWorked ? 0 : pace.idleMs), launches: this.#hasWorked ? 0 : 1 };
    [this.#toldMs, this.#hasWorked] = [nowMs, true];
    return time;
  }

  /** Gives it an attempt at a task; its secrets must lie there already. */
  async order(task: string, attempt: number): Promise<void> {
    const control = await this.#context.control();
    this.#orders++;
    await control.create(controlNames.workerOrder(this.id, this.#orders), { version: 1, task, attempt });
  }

  /** Tells it to end, and beats no more. A bucket that does not take the word is as good: silence ends it too. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#beating;
    if (this.#etag === undefined) return;
    const control = await this.#context.control();
    try {
      await control.replace(controlNames.engine(this.id), this.#document("stop"), this.#etag);
    } catch (error) {
      this.#context.logger.warn("a worker could not be told to end; it ends by the engine's silence", { worker: this.id, error: asError(error).message });
    }
  }

  async #keepBeating(): Promise<void> {
    const { clock, logger, pace } = this.#context;
    const { signal } = this.#ending;
    for (;;) {
      try {
        await clock.sleep(pace.beatMs, signal);
        this.#beat++;
        const control = await this.#context.control();
        const etag = await control.replace(controlNames.engine(this.id), this.#document("work"), this.#etag ?? "", { signal });
        if (etag === false) {
          this.goneReason ??= "somebody else removed or replaced what the engine says to it";
          return;
        }
        this.#etag = etag;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn("an engine could not say that it is there", { worker: this.id, error: asError(error).message });
      }
    }
  }

  #document(command: "work" | "stop"): object {
    const { engine, options } = this.#context;
    return { version: 1, engine, applianceId: options.applianceId, beat: this.#beat, command };
  }
}
