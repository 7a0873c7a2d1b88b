import type { CallOptions } from "../ports/index.js";
import type { RetentionDecision } from "../retention/retention-plan.js";
import { policyDocument } from "./policy-document.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { factsOfPolicy } from "./retain-points.js";

/** One option that differs. */
export interface PolicyChange {
  /** `backup.retention.daily` */
  readonly path: string;
  /** Absent: it was not given. */
  readonly from?: unknown;
  readonly to?: unknown;
}

/** What changes from one policy to another. JSON. */
export interface PolicyDiff {
  readonly changes: readonly PolicyChange[];
  /** By repository: the points that only the changed policy's retention would remove now. */
  readonly removes: readonly { readonly repository: string; readonly points: readonly RetentionDecision[] }[];
  /** By repository: the points that only the present policy's retention would remove now. */
  readonly keeps: readonly { readonly repository: string; readonly points: readonly RetentionDecision[] }[];
}

/** Compares the options, and what both would remove of the present policy's points. */
export async function diffPolicies(present: ResolvedPolicyOptions, changed: ResolvedPolicyOptions, now: Date, { signal }: CallOptions): Promise<PolicyDiff> {
  const removes: PolicyDiff["removes"][number][] = [];
  const keeps: PolicyDiff["keeps"][number][] = [];
  for (const [before, after] of [[present, changed], [present.archive, changed.archive]] as const) {
    if (before === undefined || before.repository.id !== after?.repository.id) continue;
    const points = await factsOfPolicy(before.repository, present.name, { signal });
    const old = before.retention?.plan(points, { now }).remove ?? [];
    // a policy of another name takes nothing over: its retention sees none of these points
    const next = (changed.name === present.name ? after.retention?.plan(points, { now }).remove : undefined) ?? [];
    const without = (some: readonly RetentionDecision[], others: readonly RetentionDecision[]): RetentionDecision[] => some.filter(({ id }) => !others.some((other) => other.id === id));
    const repository = before.repository.location;
    removes.push({ repository, points: without(next, old) });
    keeps.push({ repository, points: without(old, next) });
  }
  return { changes: changesBetween(policyDocument(present, {}), policyDocument(changed, {}), ""), removes, keeps };
}

function changesBetween(from: unknown, to: unknown, path: string): PolicyChange[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (!isPlain(from) || !isPlain(to)) return [{ path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return keys.flatMap((key) => changesBetween(from[key], to[key], path === "" ? key : `${path}.${key}`));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
