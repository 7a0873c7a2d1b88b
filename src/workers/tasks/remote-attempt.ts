import { ConflictError } from "../../errors/index.js";
import type { ControlObjects } from "../../mover/protocol/control-objects.js";
import { statusDocument, type StatusDocument } from "../../mover/protocol/documents.js";
import type { AttemptNames } from "../../mover/protocol/object-names.js";
import { asError } from "../../session/index.js";
import type { FleetWorker } from "../fleet/fleet-worker.js";
import type { PoolContext } from "../pool-context.js";

export interface RemoteAttemptParts {
  readonly context: PoolContext;
  readonly control: ControlObjects;
  readonly names: AttemptNames;
  readonly taskPrefix: string;
  readonly signingKey: Buffer;
  readonly worker: FleetWorker;
  readonly onStatus: (status: StatusDocument) => void;
}

/** The engine's hold on an attempt after its outcome: the worker keeps the lease until it is told to let it go. */
export class RemoteAttempt {
  readonly #parts: RemoteAttemptParts;
  readonly #ending = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  #isLost = false;
  #isSettled = false;

  constructor(parts: RemoteAttemptParts) {
    this.#parts = parts;
  }

  /** From now on the lease is looked after. */
  hold(): void {
    this.#parts.worker.heldParts++;
    this.#watching = this.#watch();
  }

  /** Raises `ConflictError` (`LeaseLost`) where the worker said that its lease is lost. One that was lost unheard is found by the commit's own condition. */
  throwIfLost(): void {
    if (!this.#isLost) return;
    throw new ConflictError("A worker lost its lease on the repository before the restore point was committed. Run it again: what it stored is not lost.", { code: "LeaseLost", retryable: true });
  }

  /** Has the lease let go, waits until it is, and removes the task's objects. */
  async release(): Promise<void> {
    const { context, worker, control, taskPrefix } = this.#parts;
    this.#ending.abort();
    await this.#watching;
    worker.heldParts--;
    await this.say("release");
    if (worker.goneReason === undefined) await this.settle(context.pace.silentAfterMs);
    await control.removeAll(taskPrefix);
  }

  /** Whether the worker has said its last word of this attempt. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Waits for the worker's last word of this attempt, if it comes soon. */
  async settle(withinMs?: number): Promise<void> {
    const { clock, pace } = this.#parts.context;
    const limitMs = withinMs ?? 2 * pace.beatMs;
    const startedMs = clock.monotonicMs();
    while (!this.#isSettled && clock.monotonicMs() - startedMs < limitMs) {
      this.#isSettled = await this.isOver();
      if (!this.#isSettled) await clock.sleep(pace.pollMs);
    }
  }

  async say(command: "release" | "cancel"): Promise<void> {
    const { control, names, signingKey } = this.#parts;
    await control.create(names.control, { version: 1, command }, { signingKey });
  }

  /** Whether the worker has said that it holds nothing any more, or never began. */
  async isOver(): Promise<boolean> {
    const { control, names, signingKey } = this.#parts;
    const status = await control.read(names.status, statusDocument, { signingKey });
    if (status !== undefined) this.#parts.onStatus(status.document);
    return status?.document.lease === "over";
  }

  async #watch(): Promise<void> {
    const { context, control, names, signingKey } = this.#parts;
    const { clock, logger, pace } = context;
    const { signal } = this.#ending;
    for (;;) {
      try {
        const status = await control.read(names.status, statusDocument, { signingKey, signal });
        if (status?.document.lease === "lost") this.#isLost = true;
        await clock.sleep(pace.beatMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn("a worker's lease could not be looked after", { error: asError(error).message });
        await clock.sleep(pace.beatMs, signal).catch(() => undefined);
      }
    }
  }
}
