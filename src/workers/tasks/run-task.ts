import { randomBytes } from "node:crypto";
import { HoldfastError, ProviderError } from "../../errors/index.js";
import { BeatWatch } from "../../mover/protocol/beat-watch.js";
import { documentDigest } from "../../mover/protocol/control-objects.js";
import { claimDocument, outcomeDocument, statusDocument, type OrderSecrets, type OutcomeDocument, type StatusDocument, type TaskDocument, type ToldEvents } from "../../mover/protocol/documents.js";
import { sealEnvelope } from "../../mover/protocol/envelope.js";
import { fromErrorDocument } from "../../mover/protocol/error-document.js";
import { controlNames, type AttemptNames } from "../../mover/protocol/object-names.js";
import { asError } from "../../session/index.js";
import type { FleetWorker, WorkerTime } from "../fleet/fleet-worker.js";
import { whyGone } from "../fleet/launch-worker.js";
import type { WorkerFleet, WorkerNeed } from "../fleet/worker-fleet.js";
import type { PoolContext } from "../pool-context.js";
import { RemoteAttempt } from "./remote-attempt.js";

/** A task for a worker. */
export interface RemoteTask {
  readonly need: WorkerNeed;
  readonly work: TaskDocument["work"];
  /** All that goes into the order's envelope but what is of this attempt alone. */
  readonly secrets: Omit<OrderSecrets, "signingKey" | "taskSha256">;
  readonly onStatus: (status: StatusDocument) => void;
  /** Called before another worker begins. */
  readonly onLost?: ((reason: string) => void) | undefined;
}

/** What the attempts at a task know of each other. */
interface Attempts {
  readonly id: string;
  readonly number: number;
  /** Of the task's document. */
  readonly taskSha256: string;
  /** Of a restore: below this index everything is written. */
  readonly startIndex: number;
}

/** A worker that is lost is replaced this often: what kills three in a row will kill the fourth. */
const maxLosses = 3;
/** Interruptions of spot instances are no losses; but after so many the next worker is on demand, unless the pool takes nothing but spot. */
const onDemandAfterInterruptions = 2;
/** Where the pool takes nothing but spot: each time the task has gone on from where it was, but a market that takes back ten is none. */
const maxInterruptions = 10;

/** Runs a task to its end, on one worker after another where they are lost. Gives what the worker says it did; what is raised is what the worker raised, or `WorkerLost`. */
export async function runTask(context: PoolContext, fleet: WorkerFleet, task: RemoteTask): Promise<{ readonly result: unknown; readonly told: ToldEvents | undefined; readonly attempt: RemoteAttempt; readonly time: WorkerTime }> {
  const id = context.random.bytes(16).toString("hex");
  const control = await context.control();
  const { applianceId, taskTimeoutMs } = context.options;
  const description: TaskDocument = { version: 1, task: id, engine: context.engine, applianceId, createdAt: context.clock.now().toISOString(), timeLimitMs: taskTimeoutMs, work: task.work };
  await control.create(controlNames.taskDocument(id), description, { signal: task.need.signal });
  const taskSha256 = documentDigest(description);
  const losses: string[] = [];
  let time: WorkerTime = { machineMs: 0, launches: 0 };
  let interruptions = 0;
  let startIndex = task.secrets.startIndex ?? 0;
  const onStatus = (status: StatusDocument): void => {
    startIndex = Math.max(startIndex, status.writtenBelow ?? 0);
    task.onStatus(status);
  };
  try {
    for (let number = 1; ; number++) {
      const isOnDemand = interruptions >= onDemandAfterInterruptions;
      const need = isOnDemand ? { ...task.need, isOnDemand } : task.need;
      const ended = await runAttempt(context, fleet, { ...task, need, onStatus }, { id, number, taskSha256, startIndex });
      if ("loss" in ended) {
        losses.push(ended.loss);
        context.logger.warn("a worker was lost before it began; its task is given to another", { task: id, attempt: number, reason: ended.loss });
        if (losses.length >= maxLosses) throw workerLost(task, losses);
        task.onLost?.(ended.loss);
        continue;
      }
      time = { machineMs: time.machineMs + ended.time.machineMs, launches: time.launches + ended.time.launches };
      if (ended.outcome.kind === "done") return { result: ended.outcome.result, told: ended.outcome.told, attempt: ended.attempt, time };
      if (ended.outcome.kind === "failed") {
        await ended.attempt.settle();
        throw fromErrorDocument(ended.outcome.error);
      }
      const { reason, isInterruption } = ended.outcome;
      context.logger.warn("a worker was lost; its task is given to another", { task: id, attempt: number, reason });
      if (!(isInterruption === true && ++interruptions < maxInterruptions)) losses.push(reason);
      if (losses.length >= maxLosses || interruptions >= maxInterruptions) throw workerLost(task, losses);
      task.onLost?.(reason);
    }
  } catch (error) {
    await control.removeAll(controlNames.task(id)).catch((left: unknown) => context.logger.warn("a task's objects could not be removed: reap() finds them", { task: id, error: asError(left).message }));
    throw error;
  }
}

/** Why EC2 says that an instance is gone, where the spot market took it back (EC2 API reference, StateReason). */
const spotReasons = /^Server\.SpotInstance/;

interface EndedAttempt {
  readonly outcome: OutcomeDocument;
  readonly attempt: RemoteAttempt;
  readonly time: WorkerTime;
}

async function runAttempt(context: PoolContext, fleet: WorkerFleet, task: RemoteTask, which: Attempts): Promise<EndedAttempt | { readonly loss: string }> {
  const control = await context.control();
  const names = controlNames.attempt(which.id, which.number);
  let worker: FleetWorker;
  try {
    worker = await fleet.acquire(task.need);
  } catch (error) {
    if (HoldfastError.isInstance(error) && error.code === "WorkerLost") return { loss: error.message };
    throw error;
  }
  const signingKey = randomBytes(32);
  const attempt = new RemoteAttempt({ context, control, names, taskPrefix: controlNames.task(which.id), signingKey, worker, onStatus: task.onStatus });
  let isDone = false;
  try {
    const secrets: OrderSecrets = { ...task.secrets, ...(which.startIndex > 0 && { startIndex: which.startIndex }), signingKey: signingKey.toString("base64"), taskSha256: which.taskSha256 };
    const envelope = sealEnvelope(worker.publicKey ?? Buffer.alloc(0), names.order, Buffer.from(JSON.stringify(secrets), "utf8"));
    await control.create(names.order, { version: 1, worker: worker.id, envelope: envelope.toString("base64") });
    await worker.order(which.id, which.number);
    const outcome = await follow(context, task, worker, { names, signingKey, attempt });
    isDone = outcome.kind !== "abandoned";
    return { outcome, attempt, time: worker.takeTime() };
  } finally {
    // a worker of which nobody knows what it does is ended
    if (isDone || attempt.isSettled) fleet.release(worker);
    else await fleet.discard(worker);
  }
}

interface Followed {
  readonly names: AttemptNames;
  readonly signingKey: Buffer;
  readonly attempt: RemoteAttempt;
}

/** Watches an attempt until it has an outcome; gives it up where its worker is lost or the caller aborts. */
async function follow(context: PoolContext, task: RemoteTask, worker: FleetWorker, { names, signingKey, attempt }: Followed): Promise<OutcomeDocument> {
  const { clock, control: open, logger, options, pace } = context;
  const control = await open();
  const { signal } = task.need;
  const startedMs = clock.monotonicMs();
  const beats = new BeatWatch(clock, pace.silentAfterMs);
  let isClaimed = false;
  let nextBeatMs = startedMs;
  for (;;) {
    try {
      const outcome = await control.read(names.outcome, outcomeDocument, { signingKey });
      if (outcome !== undefined) return outcome.document;
      if (signal?.aborted === true) return await abandon(context, { names, signingKey, attempt }, { reason: "its session was aborted" }, signal);
      isClaimed ||= (await control.read(names.claim, claimDocument)) !== undefined;
      // before it is given up: what it said last is where the next one goes on
      const status = isClaimed ? await control.read(names.status, statusDocument, { signingKey }) : undefined;
      if (status !== undefined) {
        beats.note(status.etag);
        task.onStatus(status.document);
      }
      const loss = isClaimed ? (beats.isSilent ? "it has been silent for too long" : undefined) : clock.monotonicMs() - startedMs > pace.claimWithinMs ? "it did not claim its task: look whether its role may s3:ListBucket and s3:GetObject in the configuration bucket (checkPermissions), and whether its bundle is of this version of holdfast" : undefined;
      if (loss !== undefined) return await abandon(context, { names, signingKey, attempt }, { reason: loss });
      if (clock.monotonicMs() >= nextBeatMs) {
        nextBeatMs = clock.monotonicMs() + pace.beatMs;
        const gone = worker.goneReason ?? (await whyGone(options.account.workerCompute(worker.kind.region), worker, {}));
        if (gone !== undefined) return await abandon(context, { names, signingKey, attempt }, { reason: `its instance is gone (${gone})`, ...(spotReasons.test(gone) && { isInterruption: true }) });
      }
    } catch (error) {
      // who cannot look learns nothing: neither that the worker is there, nor that it is gone
      if (HoldfastError.isInstance(error) && !error.retryable && error.name !== "ProviderError") throw error;
      logger.warn("a worker could not be looked after", { worker: worker.id, error: asError(error).message });
      if (beats.isSilent) throw error;
    }
    await clock.sleep(pace.pollMs, signal).catch(() => undefined);
  }
}

/** Ends an attempt from here, unless the worker has ended it: there is one outcome, and whoever came first has written it. */
async function abandon({ control: open, pace }: PoolContext, { names, signingKey, attempt }: Followed, why: { readonly reason: string; readonly isInterruption?: boolean }, signal?: AbortSignal): Promise<OutcomeDocument> {
  const control = await open();
  const outcome: OutcomeDocument = { version: 1, kind: "abandoned", ...why };
  if ((await control.create(names.outcome, outcome, { signingKey })) === false) {
    const written = await control.read(names.outcome, outcomeDocument, { signingKey });
    if (written !== undefined && signal === undefined) return written.document;
  }
  if (signal === undefined) return outcome;
  // after an abort what is in flight settles first, if it does so soon
  await attempt.say("cancel");
  await attempt.settle(pace.silentAfterMs);
  throw signal.reason;
}

/** A backup and a restore are committed by the engine; work in a repository by whoever does it. */
function workerLost({ need: { region }, work: { kind } }: RemoteTask, losses: readonly string[]): ProviderError {
  const left = kind === "backup" || kind === "restore" ? "Nothing was committed." : "What they had done is found by whoever does it again.";
  return new ProviderError(`${String(losses.length)} workers in ${region} were lost one after the other: ${[...new Set(losses)].join("; ")}. ${left} Look at the reasons, then run it again; spot workers are taken back more often than those on demand.`, {
    code: "WorkerLost",
    retryable: true,
    service: "ec2",
    operation: "RunInstances",
    context: { region },
  });
}
