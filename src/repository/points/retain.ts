import * as z from "zod";
import { PartialFailureError } from "../../errors/index.js";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import type { RetentionOptions } from "../../retention/retention-options.js";
import type { RetentionPlan } from "../../retention/retention-plan.js";
import { Retention } from "../../retention/retention.js";
import { asError, measuringRequests, newSessionId, recordedError, type AskedRequests, type RecordedError } from "../../session/index.js";
import { OpenRecord, type SessionEnd } from "../history/open-record.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { PointFacts, PointFactsReader } from "./point-facts.js";
import { removePoint } from "./remove-point.js";

/** Which points a retention by hand is for. */
export interface RetainOptions extends SignalOptions {
  /** Those that this policy made, as one that is given up: its snapshots are left to it. Default: those that no policy made. */
  readonly policy?: string | undefined;
  /** Only this resource's. */
  readonly resource?: string | undefined;
  /** Says what it would do, and changes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
}

/** What a retention by hand did, or would do. JSON. */
export interface RetainReport {
  /** Where the repository lies. */
  readonly repository: string;
  /** What was decided, point by point. */
  readonly plan: RetentionPlan;
  /** The ids of the points that were removed; of a dry run, none. */
  readonly removed: readonly string[];
  /** What should have been removed and could not be: the next retention tries again. */
  readonly left: readonly { readonly point: string; readonly error: RecordedError }[];
}

const text = z.string({ error: "must be a text." }).min(1, "must not be empty.");
const schema = z.strictObject({ policy: text.optional(), resource: text.optional(), dryRun: truth, signal: signalSchema });

/** Carries out rules for the points that no policy looks after, and leaves a record of it. `PartialFailureError` (`PointsNotRemoved`) where one could not be removed: the rest is. */
export async function retain(context: RepositoryContext, facts: PointFactsReader, rules: Retention | RetentionOptions, options: RetainOptions): Promise<RetainReport> {
  const checked = checkOptions<RetainOptions>(options, { of: "a retention", schema });
  const retention = "plan" in rules ? rules : new Retention(rules);
  const now = context.clock.now();
  if (checked.dryRun === true) return await carryOut(context, facts, retention, { ...checked, now });
  return await measuringRequests([context.store.requests], async (asked) => await retainRecorded(context, facts, retention, { ...checked, now }, asked));
}

async function retainRecorded(context: RepositoryContext, facts: PointFactsReader, retention: Retention, checked: RetainOptions & { readonly now: Date }, asked: AskedRequests): Promise<RetainReport> {
  const { policy, now } = checked;
  const record = OpenRecord.begin(context, { session: newSessionId(context.random), kind: "retention", ...(policy !== undefined && { policy }), startedAt: now.toISOString() });
  const end = async (ended: Pick<SessionEnd, "state" | "error" | "result">): Promise<void> => {
    try {
      await record.end({ ...ended, requests: asked(), events: [] });
    } catch (thrown) {
      context.logger.warn("the record of a retention pass could not be written", { error: asError(thrown).message });
    }
  };
  let report: RetainReport;
  try {
    report = await carryOut(context, facts, retention, checked);
  } catch (thrown) {
    await end({ state: checked.signal?.aborted === true ? "aborted" : "failed", error: recordedError(thrown) });
    throw thrown;
  }
  const { repository, plan, removed, left } = report;
  await end({ state: left.length === 0 ? "succeeded" : "failed", result: { removed: removed.length, left: left.length, repositories: [{ repository, summary: plan.summary, removed, left }] } });
  if (left.length === 0) return report;
  throw new PartialFailureError(`${String(left.length)} restore points could not be removed, the first because: ${left[0]?.error.message ?? ""} The next retention tries again.`, {
    code: "PointsNotRemoved",
    retryable: true,
    failures: left.map(({ point, error }) => ({ resource: point, error: new Error(error.message) })),
    completed: removed,
  });
}

async function carryOut(context: RepositoryContext, facts: PointFactsReader, retention: Retention, { policy, resource, dryRun, signal, now }: RetainOptions & { readonly now: Date }): Promise<RetainReport> {
  const points: PointFacts[] = [];
  for await (const point of facts.list({ resource, signal })) if (point.policy === policy) points.push(point);
  const plan = retention.plan(points, { now });
  const removed: string[] = [];
  const left: RetainReport["left"][number][] = [];
  for (const { id } of dryRun === true ? [] : plan.remove) {
    signal?.throwIfAborted();
    try {
      await removePoint(context, id, { signal });
      removed.push(id);
    } catch (thrown) {
      signal?.throwIfAborted();
      left.push({ point: id, error: recordedError(thrown) });
    }
  }
  return { repository: context.store.location, plan, removed, left };
}
