import { ConflictError, HoldfastError } from "../errors/index.js";
import type { VolumePart } from "../repository/writer/volume-part.js";
import type { WorkEvent } from "../repository/workers/repository-workers.js";
import { asError, ownSignal, type Progress } from "../session/index.js";
import { doWork } from "./do-work.js";
import type { MoverEnvironment } from "./mover-environment.js";
import type { ControlObjects } from "./protocol/control-objects.js";
import { controlDocument, outcomeDocument, type OrderSecrets, type OutcomeDocument, type StatusDocument, type TaskDocument, type ToldEvents } from "./protocol/documents.js";
import { toErrorDocument } from "./protocol/error-document.js";
import type { AttemptNames } from "./protocol/object-names.js";

export interface AttemptParts {
  readonly environment: MoverEnvironment;
  readonly control: ControlObjects;
  readonly names: AttemptNames;
  /** Which attempt at the task this is, from 1. */
  readonly number: number;
  readonly task: TaskDocument;
  readonly secrets: OrderSecrets;
}

/**
 * One attempt at a task, on the worker: the work, its beats, its outcome, and the lease that is held until the engine releases it.
 *
 * `worked` resolves when the outcome is decided and the worker is free for more; `over` when nothing is held any more. Neither rejects.
 */
export class Attempt {
  readonly worked: Promise<void>;
  readonly over: Promise<void>;
  readonly #parts: AttemptParts;
  readonly #signingKey: Buffer;
  readonly #stop = new AbortController();
  readonly #ending = new AbortController();
  #part: VolumePart | undefined;
  #method: StatusDocument["method"];
  #progress: Progress | undefined;
  #writtenBelow: number | undefined;
  #told: ToldEvents | undefined;
  #hasOutcome = false;
  #isInterrupted = false;
  #hasLetGo = false;
  /** What the engine said, or that it said nothing for too long. */
  #end: "released" | "cancelled" | "left" | undefined;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#signingKey = Buffer.from(parts.secrets.signingKey, "base64");
    this.worked = this.#work();
    this.over = this.#hold();
  }

  /** The engine is gone, or the worker's time is over: nothing more is done, and a lease that may be needed is left. */
  leave(reason: string): void {
    this.#end ??= "left";
    this.#stop.abort(new ConflictError(reason, { code: "WorkerStopped", retryable: true }));
    this.#ending.abort();
  }

  /** The machine is taken back soon: what was read is written down, and the task given back for another worker to go on with. What is done stays done. */
  interrupt(): void {
    if (this.#hasOutcome) return;
    this.#isInterrupted = true;
    this.#stop.abort(new ConflictError("The worker's machine is taken back by EC2. Another worker goes on with the task.", { code: "WorkerInterrupted", retryable: true }));
  }

  async #work(): Promise<void> {
    const { environment, control, names, number, task, secrets } = this.#parts;
    const { clock, logger } = environment;
    const limit = new AbortController();
    const signal = ownSignal([this.#stop.signal]);
    void clock.sleep(task.timeLimitMs, limit.signal).then(
      () => this.#stop.abort(new ConflictError(`The task ${task.task} took longer than ${String(Math.round(task.timeLimitMs / 60_000))} minutes and was stopped. Raise the pool's taskTimeoutMinutes, or take larger workers.`, { code: "TaskTimedOut", retryable: false })),
      () => undefined,
    );
    let outcome: OutcomeDocument;
    try {
      const result = await doWork(environment, task, secrets, {
        isRepeated: number > 1,
        signal,
        onMethod: ({ method, baseSnapshotId, fullReason }) => (this.#method = { method, ...(baseSnapshotId !== undefined && { baseSnapshotId }), ...(fullReason !== undefined && { fullReason }) }),
        onProgress: (progress) => (this.#progress = progress),
        onWrittenBelow: (index) => (this.#writtenBelow = index),
        onEvent: (event) => this.#tell(event),
        onPart: (part) => (this.#part = part),
      });
      outcome = { version: 1, kind: "done", result, ...(this.#told !== undefined && { told: this.#told }) };
    } catch (error) {
      logger.warn("a task failed", { task: task.task, error: asError(error).message });
      outcome = this.#isInterrupted ? { version: 1, kind: "abandoned", reason: "its machine is taken back", isInterruption: true } : { version: 1, kind: "failed", error: toErrorDocument(error) };
      // whoever goes on with it must find how far this one came, and no lease in the way
      if (this.#isInterrupted) await this.#letGo();
    } finally {
      limit.abort();
    }
    try {
      const put = await control.create(names.outcome, outcome, { signingKey: this.#signingKey });
      // an outcome that is there already is the engine's: it gave this attempt up, and will never commit what it wrote
      if (put === false || outcome.kind !== "done") this.#finish("cancelled");
    } catch (error) {
      logger.error("a task's outcome could not be written", { task: task.task, error: asError(error).message });
      this.#finish("left");
    }
    this.#hasOutcome = true;
  }

  /** Beats until the attempt is over, looks for what the engine says, and lets the lease go in the right way. */
  async #hold(): Promise<void> {
    const { environment, control, names, task } = this.#parts;
    const { clock, logger, pace } = environment;
    let etag: string | undefined;
    let beat = 0;
    let nextBeatMs = clock.monotonicMs();
    while (this.#end === undefined) {
      try {
        if (clock.monotonicMs() >= nextBeatMs) {
          nextBeatMs = clock.monotonicMs() + pace.beatMs;
          etag = await this.#beat(etag, beat++);
        }
        const said = await control.read(names.control, controlDocument, { signingKey: this.#signingKey });
        if (said !== undefined) this.#finish(said.document.command === "release" ? "released" : "cancelled");
        else if (!this.#hasOutcome && (await control.read(names.outcome, outcomeDocument, { signingKey: this.#signingKey }))?.document.kind === "abandoned") this.#finish("cancelled");
      } catch (error) {
        // a bucket that does not answer for long is the engine's silence, which the mover watches
        logger.warn("a worker could not say that it is there", { task: task.task, error: asError(error).message });
      }
      await clock.sleep(pace.pollMs, this.#ending.signal).catch(() => undefined);
    }
    this.#stop.abort(new ConflictError("The engine cancelled this task: its session ended or was aborted.", { code: "Cancelled", retryable: true }));
    await this.worked;
    await this.#letGo();
    if (etag !== undefined) await control.replace(names.status, this.#status(beat, "over"), etag, { signingKey: this.#signingKey }).catch((error: unknown) => logger.warn("a worker could not say that it is done", { error: asError(error).message }));
  }

  #finish(end: "released" | "cancelled" | "left"): void {
    this.#end ??= end;
    this.#ending.abort();
  }

  async #letGo(): Promise<void> {
    if (this.#hasLetGo) return;
    this.#hasLetGo = true;
    try {
      if (this.#end === "left") await this.#part?.leave();
      else await this.#part?.close({ isContinued: this.#isInterrupted });
    } catch (error) {
      this.#parts.environment.logger.warn("a writer's lease could not be removed from the repository", { task: this.#parts.task.task, error: asError(error).message });
    }
  }

  async #beat(etag: string | undefined, beat: number): Promise<string> {
    const { control, names } = this.#parts;
    const status = this.#status(beat, this.#isLost() ? "lost" : "held");
    const written = etag === undefined ? await control.create(names.status, status, { signingKey: this.#signingKey }) : await control.replace(names.status, status, etag, { signingKey: this.#signingKey });
    if (written !== false) return written;
    // the engine has removed the task's objects: it wants nothing of it any more
    this.#finish("left");
    return etag ?? "";
  }

  /** Progress that is older than the last event is no news any more. */
  #tell(event: WorkEvent): void {
    const { events } = this.#told ?? { events: [] };
    this.#told = event.type.endsWith(":progress") ? { events, progress: event } : { events: [...events, event] };
  }

  #status(beat: number, lease: StatusDocument["lease"]): StatusDocument {
    const isResumable = this.#part?.resumableSource !== undefined;
    return { version: 1, beat, lease, ...(isResumable && { isResumable }), ...(this.#method !== undefined && { method: this.#method }), ...(this.#progress !== undefined && { progress: this.#progress }), ...(this.#writtenBelow !== undefined && { writtenBelow: this.#writtenBelow }), ...(this.#told !== undefined && { told: this.#told }) };
  }

  #isLost(): boolean {
    try {
      this.#part?.throwIfLost();
      return false;
    } catch (error) {
      if (!HoldfastError.isInstance(error)) throw error;
      return true;
    }
  }
}
