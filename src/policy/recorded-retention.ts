import type { CallOptions } from "../ports/index.js";
import { asError, measureRequests, type EngineEnvironment } from "../session/index.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { retainPolicy, type RetentionResult } from "./retain-points.js";
import { errorFacts } from "./session-result.js";

const idBytes = 16;

/** Carries out a policy's retention and leaves a record of it in the policy's repository. That it could not be written is a warning. */
export async function recordedRetention(options: ResolvedPolicyOptions, { clock, random, logger }: EngineEnvironment, { signal }: CallOptions): Promise<RetentionResult[]> {
  const { repository, archive, name: policy } = options;
  const startedAt = clock.now();
  const requestsSince = measureRequests([repository.requests, archive?.repository.requests]);
  const end = async (ended: { readonly state: "succeeded" | "failed" | "aborted"; readonly error?: { readonly name: string; readonly message: string; readonly code?: string | undefined }; readonly result?: Readonly<Record<string, unknown>> }): Promise<void> => {
    try {
      await repository.history.record({ session: random.bytes(idBytes).toString("hex"), kind: "retention", policy, startedAt: startedAt.toISOString(), endedAt: clock.now().toISOString(), ...ended, requests: requestsSince(), events: [] });
    } catch (thrown) {
      logger.warn("the record of a retention pass could not be written", { policy, error: asError(thrown).message });
    }
  };
  let results: RetentionResult[];
  try {
    results = await retainPolicy(options, { now: startedAt, isDryRun: false, signal });
  } catch (thrown) {
    const { name, message, code } = errorFacts(asError(thrown));
    await end({ state: signal?.aborted === true ? "aborted" : "failed", error: { name, message, code } });
    throw thrown;
  }
  const left = results.flatMap((result) => [...result.left, ...(result.snapshots?.left ?? [])]);
  const facts = results.map(({ repository: place, plan, removed, left: kept, snapshots }) => ({ repository: place, summary: plan.summary, removed, left: kept, ...(snapshots !== undefined && { snapshots: { removed: snapshots.removed, waiting: snapshots.waiting, left: snapshots.left } }) }));
  await end({ state: left.length === 0 ? "succeeded" : "failed", result: { removed: results.flatMap(({ removed }) => removed).length, left: left.length, repositories: facts } });
  return results;
}
