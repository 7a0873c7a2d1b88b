import type { CallOptions } from "../ports/index.js";
import { asError, measuringRequests, newSessionId, recordedError, type AskedRequests, type EngineEnvironment, type RecordedError } from "../session/index.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { retainPolicy, type RetentionResult } from "./retain-points.js";

/** Carries out a policy's retention and leaves a record of it in the policy's repository. That it could not be written is a warning. */
export async function recordedRetention(options: ResolvedPolicyOptions, environment: EngineEnvironment, call: CallOptions): Promise<RetentionResult[]> {
  const { repository, archive } = options;
  return await measuringRequests([repository.requests, archive?.repository.requests], async (asked) => await retainMeasured(options, environment, call, asked));
}

async function retainMeasured(options: ResolvedPolicyOptions, { clock, random, logger }: EngineEnvironment, { signal }: CallOptions, asked: AskedRequests): Promise<RetentionResult[]> {
  const { repository, name: policy } = options;
  const startedAt = clock.now();
  const record = repository.history.open({ session: newSessionId(random), kind: "retention", policy, startedAt: startedAt.toISOString() });
  const end = async (ended: { readonly state: "succeeded" | "failed" | "aborted"; readonly error?: RecordedError; readonly result?: Readonly<Record<string, unknown>> }): Promise<void> => {
    try {
      await record.end({ ...ended, requests: asked(), events: [] });
    } catch (thrown) {
      logger.warn("the record of a retention pass could not be written", { policy, error: asError(thrown).message });
    }
  };
  let results: RetentionResult[];
  try {
    results = await retainPolicy(options, { now: startedAt, isDryRun: false, signal });
  } catch (thrown) {
    await end({ state: signal?.aborted === true ? "aborted" : "failed", error: recordedError(thrown) });
    throw thrown;
  }
  const left = results.flatMap((result) => [...result.left, ...(result.snapshots?.left ?? [])]);
  const facts = results.map(({ repository: place, plan, removed, left: kept, snapshots }) => ({ repository: place, summary: plan.summary, removed, left: kept, ...(snapshots !== undefined && { snapshots: { removed: snapshots.removed, waiting: snapshots.waiting, left: snapshots.left } }) }));
  await end({ state: left.length === 0 ? "succeeded" : "failed", result: { removed: results.flatMap(({ removed }) => removed).length, left: left.length, repositories: facts } });
  return results;
}
