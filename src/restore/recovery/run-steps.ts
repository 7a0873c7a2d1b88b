import { ConflictError, PartialFailureError } from "../../errors/index.js";
import type { Clock, InstanceCompute } from "../../ports/index.js";
import { asError, type EventOf, type RunningSession } from "../../session/index.js";
import type { RecoveryStep, RecoveryWait } from "./recovery-document.js";
import type { RecoveryCheck, RecoveryEvents, RecoveryRecord, RecoveryStepRecord } from "./recovery-options.js";

/** A run of a recovery plan's steps, and what it works with. */
export interface StepRun {
  /** In an order in which each comes after those that it names. */
  readonly steps: readonly RecoveryStep[];
  readonly record: RecoveryRecord;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly emit: RunningSession<EventOf<RecoveryEvents>>["emit"];
  readonly keep: (record: RecoveryRecord) => Promise<void>;
  readonly instances: InstanceCompute;
  readonly checks: Readonly<Record<string, RecoveryCheck>>;
  /** Restores a step's instance, or finds it restored; gives its id. */
  readonly restore: (step: RecoveryStep, record: RecoveryStepRecord) => Promise<string>;
}

const defaultWaitSeconds = 600;
const msPerSecond = 1_000;
/** Between two looks of a check. */
const periodMs = 5_000;

/** Carries out the steps, each as soon as those before it are ready. */
export async function runSteps(run: StepRun): Promise<RecoveryRecord> {
  let record = run.record;
  // one record at a time, in the order of what happened
  let kept = Promise.resolve();
  const change = async (name: string, change: Partial<RecoveryStepRecord>): Promise<void> => {
    record = { ...record, steps: record.steps.map((step) => (step.name === name ? { ...step, ...change } : step)) };
    const changed = record;
    kept = kept.then(async () => {
      await run.keep(changed);
    });
    await kept;
  };
  await run.keep(record);
  const failures = new Map<string, Error>();
  const ready = new Map<string, Promise<boolean>>();
  for (const step of run.steps) {
    const before = (step.after ?? []).map((name) => ({ name, isReady: ready.get(name) ?? Promise.resolve(true) }));
    ready.set(step.name, runStep(run, step, { recordOf: () => recordOf(record, step.name), change, before, failures }));
  }
  await Promise.all(ready.values());
  run.signal.throwIfAborted();
  if (failures.size === 0) return record;
  const completed = record.steps.filter(({ state }) => state === "ready").map(({ name }) => name);
  throw new PartialFailureError(`${String(failures.size)} of the ${String(record.steps.length)} steps of ${record.plan} failed, and what comes after them was skipped: ${[...failures].map(([name, { message }]) => `${name}: ${message}`).join("; ")}`, {
    code: "RecoveryIncomplete",
    failures: [...failures].map(([resource, error]) => ({ resource, error })),
    completed,
    context: { record: record.id },
  });
}

interface StepState {
  readonly recordOf: () => RecoveryStepRecord;
  readonly change: (name: string, change: Partial<RecoveryStepRecord>) => Promise<void>;
  readonly before: readonly { readonly name: string; readonly isReady: Promise<boolean> }[];
  readonly failures: Map<string, Error>;
}

/** Whether the step got ready. Raises nothing: what went wrong is in `failures`. */
async function runStep(run: StepRun, step: RecoveryStep, { recordOf: own, change, before, failures }: StepState): Promise<boolean> {
  const { emit, signal } = run;
  const { name } = step;
  try {
    for (const { name: other, isReady } of before) {
      if (await isReady) continue;
      signal.throwIfAborted();
      emit({ type: "step:skipped", step: name, because: other });
      await change(name, { state: "skipped" });
      return false;
    }
    if (own().state === "ready") return true;
    signal.throwIfAborted();
    const { point, restoreId } = own();
    emit({ type: "step:started", step: name, point, restoreId });
    await change(name, { state: "started", error: undefined });
    const instanceId = await run.restore(step, own());
    emit({ type: "step:restored", step: name, instanceId });
    await change(name, { state: "restored", instanceId });
    for (const wait of step.wait ?? ["running"]) await waitFor(run, step, wait, instanceId);
    emit({ type: "step:ready", step: name, instanceId });
    await change(name, { state: "ready" });
    return true;
  } catch (thrown) {
    const error = asError(thrown);
    failures.set(name, error);
    emit({ type: "step:failed", step: name, message: error.message });
    try {
      await change(name, { state: "failed", error: error.message });
    } catch {
      // a record that cannot be kept has failed the step already, and its error is the one that counts
    }
    return false;
  }
}

async function waitFor({ instances, checks, clock, signal }: StepRun, { name }: RecoveryStep, wait: RecoveryWait, instanceId: string): Promise<void> {
  if (wait === "running") {
    await instances.waitUntilRunning(instanceId, { signal });
    return;
  }
  if (wait === "healthy") {
    await instances.waitUntilHealthy(instanceId, { signal });
    return;
  }
  const { check, parameters = {}, withinSeconds = defaultWaitSeconds } = wait;
  const endMs = clock.monotonicMs() + withinSeconds * msPerSecond;
  while (true) {
    const instance = await instances.waitUntilRunning(instanceId, { signal });
    if ((await checks[check]?.({ step: name, instance, parameters, signal })) === true) return;
    if (clock.monotonicMs() >= endMs) throw new ConflictError(`${check} was not so within ${String(withinSeconds)} seconds of ${instanceId}'s restore. The instance stays: see to it and go on with the record.`, { code: "CheckTimedOut", retryable: true, context: { step: name, check, instance: instanceId } });
    await clock.sleep(Math.min(periodMs, Math.max(1, endMs - clock.monotonicMs())), signal);
  }
}

function recordOf({ steps }: RecoveryRecord, name: string): RecoveryStepRecord {
  const found = steps.find((step) => step.name === name);
  if (found === undefined) throw new RangeError(`The record has no step ${name}.`);
  return found;
}
