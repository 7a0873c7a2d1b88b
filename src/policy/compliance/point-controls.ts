import { isFromTheFuture } from "../../repository/history/from-the-future.js";
import type { RetentionDecision } from "../../retention/retention-plan.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { ComplianceFinding } from "./compliance-report.js";

const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** How far back the frequency of points is looked at. */
const frequencyDays = 30;

type Outcome = Pick<ComplianceFinding, "isMet" | "evidence" | "remedy">;

/** A resource's points, oldest first. */
export type PointsInOrder = readonly RestorePoint[];

const noPoint: Outcome = { isMet: false, evidence: "There is no restore point of this policy.", remedy: "Run the policy, and look at why the resource has no point." };

/** The newest point is young enough. */
export function newestWithin(points: PointsInOrder, now: Date, hours: number): Outcome {
  const newest = points.findLast(({ createdAt }) => !isFromTheFuture(createdAt, now));
  if (newest === undefined) return noPoint;
  const isMet = now.getTime() - newest.createdAt.getTime() <= hours * hourMs;
  return { isMet, evidence: `The newest restore point, ${newest.id}, is of ${newest.createdAt.toISOString()}.`, ...(!isMet && { remedy: "Look at the sessions since then, and at whether the policy's process runs." }) };
}

/** No longer gap between points, nor since the newest, in the last days. */
export function everyHours(points: PointsInOrder, now: Date, hours: number): Outcome {
  const come = points.filter(({ createdAt }) => createdAt <= now);
  const [first] = come;
  if (first === undefined) return noPoint;
  const fromMs = Math.max(first.createdAt.getTime(), now.getTime() - frequencyDays * dayMs);
  const times = [fromMs, ...come.map(({ createdAt }) => createdAt.getTime()).filter((ms) => ms > fromMs), now.getTime()];
  let longest = { fromMs, ms: 0 };
  for (const [index, ms] of times.entries()) {
    const before = times[index - 1];
    if (before !== undefined && ms - before > longest.ms) longest = { fromMs: before, ms: ms - before };
  }
  const isMet = longest.ms <= hours * hourMs;
  return {
    isMet,
    evidence: `The longest time without a new point since ${new Date(fromMs).toISOString()} is ${(longest.ms / hourMs).toFixed(1)} hours, from ${new Date(longest.fromMs).toISOString()}. Points that retention has removed are not seen.`,
    ...(!isMet && { remedy: "Look at the sessions of that time; let the schedule run more often, or retention keep daily points for 30 days." }),
  };
}

/** The oldest point reaches back so far, or the rules keep it until it will. */
export function keptFor(points: PointsInOrder, decisions: ReadonlyMap<string, RetentionDecision>, now: Date, days: number): Outcome {
  const [oldest] = points;
  if (oldest === undefined) return noPoint;
  const since = `The oldest restore point, ${oldest.id}, is of ${oldest.createdAt.toISOString()}.`;
  const dueMs = oldest.createdAt.getTime() + days * dayMs;
  if (now.getTime() >= dueMs) return { isMet: true, evidence: since };
  const decision = decisions.get(oldest.id);
  if (decision === undefined) return { isMet: true, evidence: `${since} The policy has no retention: nothing is removed.` };
  // that it is the newest, or the base of the next, is no promise to keep it
  const promises = decision.reasons.filter(({ rule }) => !["newest", "base", "future", "expired"].includes(rule));
  const isUnbounded = promises.some(({ rule, until }) => rule !== "count" && until === undefined);
  const untilMs = Math.max(0, ...promises.map(({ until }) => (until === undefined ? 0 : Date.parse(until))));
  const isMet = isUnbounded || untilMs >= dueMs;
  const kept = isUnbounded ? "It is kept without an end." : untilMs === 0 ? "No rule keeps it for a known time." : `It is kept until ${new Date(untilMs).toISOString()}.`;
  return { isMet, evidence: `${since} ${kept}`, ...(!isMet && { remedy: `Let a rule of backup.retention keep points for ${String(days)} days or more.` }) };
}

/** Each point is locked for so long from its time. */
export function lockedFor(points: PointsInOrder, days: number): Outcome {
  if (points.length === 0) return noPoint;
  const short = points.filter(({ createdAt, lockedUntil }) => lockedUntil === undefined || lockedUntil.getTime() - createdAt.getTime() < days * dayMs);
  const [first] = short;
  if (first === undefined) return { isMet: true, evidence: `All ${String(points.length)} restore points were locked for ${String(days)} days or more when they were made. repository.verifyLocks() proves it, object by object.` };
  return {
    isMet: false,
    evidence: `${String(short.length)} of ${String(points.length)} restore points are not, the first of ${first.createdAt.toISOString()}: ${first.lockedUntil === undefined ? "it is not locked at all" : `it is locked until ${first.lockedUntil.toISOString()}`}.`,
    remedy: `Keep points in a repository with immutability of ${String(days)} days or more: Repository.create({ immutability: { mode, periodDays } }), and repository.copy for those that are there.`,
  };
}

/** What a verified restore leaves with its point, as far as it is needed here. */
interface Verification {
  readonly endedAt: string;
  readonly isVerified: boolean;
}

/** A point of the resource was restored and verified lately. */
export async function verifiedWithin(points: PointsInOrder, now: Date, days: number, options: { readonly signal?: AbortSignal | undefined }): Promise<Outcome> {
  const remedy = "Try out a restore of it, and look at what it finds.";
  let newest: (Verification & { readonly point: string }) | undefined;
  for (const point of points) {
    // kept with points by those who verify restores; a repository without is one where nobody did
    const { verifications } = point as { verifications?: (options: { readonly signal?: AbortSignal | undefined }) => AsyncIterable<Verification> };
    if (verifications === undefined) continue;
    for await (const verification of verifications.call(point, options)) {
      if (!isFromTheFuture(verification.endedAt, now) && (newest === undefined || verification.endedAt > newest.endedAt)) newest = { ...verification, point: point.id };
    }
  }
  if (newest === undefined) return { isMet: false, evidence: "No verified restore is recorded.", remedy };
  const isMet = newest.isVerified && now.getTime() - Date.parse(newest.endedAt) <= days * dayMs;
  return { isMet, evidence: `The last verified restore, of ${newest.point}, ended ${newest.endedAt} and ${newest.isVerified ? "found everything as it should be" : "found something wrong"}.`, ...(!isMet && { remedy }) };
}
