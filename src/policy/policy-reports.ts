import type { CallOptions } from "../ports/index.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import type { SessionRecord } from "../repository/history/session-record.js";
import type { CoveredPoint, CoveredResource } from "./reports/coverage-report-input.js";
import { coverageReport } from "./reports/coverage-report.js";
import { policyReport } from "./reports/policy-report.js";
import { complianceSection } from "./reports/compliance-section.js";
import { conditionTitles } from "./alert-notification.js";
import { evaluateCompliance } from "./compliance/evaluate-compliance.js";
import { findUnprotected } from "./coverage.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { pointsOfPolicy } from "./retain-points.js";
import { selectForPolicy } from "./selection/select-resources.js";

/** A policy's runs over time, as HTML. */
export async function reportOfPolicy(options: ResolvedPolicyOptions, now: Date, { since, signal }: CallOptions & { readonly since?: Date | undefined }): Promise<string> {
  const { name, repository, schedule } = options;
  const records: SessionRecord[] = [];
  for await (const record of repository.sessions({ policy: name, since, signal })) records.push(record);
  const { alerts } = await repository.history.alertState(name, { signal });
  return policyReport({
    policy: name,
    now,
    records,
    nextRuns: schedule?.next(1, { after: now }).map(({ at }) => at) ?? [],
    alerts: alerts.filter(({ endedAt }) => endedAt === undefined).map(({ condition, ...alert }) => ({ ...alert, title: conditionTitles[condition] })),
  });
}

/** What a policy covers, as HTML. */
export async function reportOfCoverage(options: ResolvedPolicyOptions, others: readonly ResolvedPolicyOptions[], now: Date, { signal }: CallOptions): Promise<string> {
  return coverageReport({
    policy: options.name,
    repository: options.repository.location,
    now,
    resources: await coveredResources(options, now, { signal }),
    sections: options.compliance === undefined ? [] : [complianceSection(await evaluateCompliance(options, { controls: options.compliance, others, now, signal }))],
    unprotected: await findUnprotected([options, ...others], { signal }),
  });
}

/** What is selected now, and what has points of the policy all the same. */
async function coveredResources(options: ResolvedPolicyOptions, now: Date, { signal }: CallOptions): Promise<CoveredResource[]> {
  const selected = await selectForPolicy(options, { signal });
  for (const { error } of selected.failures) if (error.name !== "NotFoundError") throw error;
  const points = await pointsOfPolicy(options.repository, options.name, { signal });
  const plan = options.retention?.plan(points, { now });
  const decisions = new Map([...(plan?.keep ?? []), ...(plan?.remove ?? [])].map((decision) => [decision.id, decision]));
  const covered = (point: RestorePoint): CoveredPoint => {
    const decision = decisions.get(point.id);
    return { id: point.id, createdAt: point.createdAt, flags: decision?.flags ?? [], lockedUntil: point.lockedUntil, keptUntil: decision?.keptUntil === undefined ? undefined : new Date(decision.keptUntil) };
  };
  const resources = new Map<string, CoveredResource & { readonly points: CoveredPoint[] }>();
  for (const { resource, kind } of selected.resources) resources.set(resource, { resource, kind, isSelected: true, points: [] });
  for (const point of points) {
    const known = resources.get(point.resource) ?? { resource: point.resource, kind: point.kind, isSelected: false, points: [] };
    // points come oldest first: the newest name stays
    resources.set(point.resource, { ...known, name: point.name, points: [...known.points, covered(point)] });
  }
  return [...resources.values()];
}
