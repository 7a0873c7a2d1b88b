import type { CalendarFacts } from "./flag-periods.js";
import type { ResolvedRetentionOptions } from "./retention-options.js";
import type { RetentionDecision, RetentionFlag, RetentionPlan, RetentionPoint, RetentionReason } from "./retention-plan.js";

/** Decides of all points, resource by resource, oldest first. */
export function planRetention(rules: ResolvedRetentionOptions, points: readonly RetentionPoint[], now: Date, factsOf: (atMs: number) => CalendarFacts): RetentionPlan {
  const keep: RetentionDecision[] = [];
  const remove: RetentionDecision[] = [];
  for (const ofResource of byResource(points)) {
    for (const decision of decideResource(rules, ofResource, now.getTime(), factsOf)) (decision.action === "keep" ? keep : remove).push(decision);
  }
  return { now: now.toISOString(), timeZone: rules.timeZone, keep, remove, summary: summaryOf(keep, remove) };
}

function byResource(points: readonly RetentionPoint[]): RetentionPoint[][] {
  const groups = new Map<string, RetentionPoint[]>();
  for (const point of points) {
    const group = groups.get(point.resource);
    if (group === undefined) groups.set(point.resource, [point]);
    else group.push(point);
  }
  for (const group of groups.values()) group.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1));
  return [...groups.values()];
}

function decideResource(rules: ResolvedRetentionOptions, points: readonly RetentionPoint[], nowMs: number, factsOf: (atMs: number) => CalendarFacts): RetentionDecision[] {
  /** The period of each flag that the point before lay in: whoever enters a new one is its first. */
  const entered = new Map<RetentionFlag, string>();
  // what is younger than now stays, and takes nobody's place among the newest
  const come = points.filter(({ createdAt }) => createdAt.getTime() <= nowMs).length;
  return points.map((point, position) => {
    const atMs = point.createdAt.getTime();
    const { flags: periods, ageEndsAtMs } = factsOf(atMs);
    const flags: RetentionFlag[] = [];
    const reasons: RetentionReason[] = [];
    const ended: string[] = [];
    const keepUntil = (rule: RetentionReason["rule"], text: string, untilMs: number): void => {
      const until = new Date(untilMs).toISOString();
      reasons.push({ rule, text: `${text}, until ${until}`, until });
    };
    for (const { flag, period, isForAll, endsAtMs } of periods) {
      const isFirst = entered.get(flag) !== period;
      entered.set(flag, period);
      if (!(isForAll || isFirst)) {
        ended.push(`${flag}: is not the first point since ${period}`);
        continue;
      }
      if (endsAtMs <= nowMs) {
        ended.push(`${flag}: its flag ended ${new Date(endsAtMs).toISOString()}`);
        continue;
      }
      flags.push(flag);
      keepUntil(flag, isForAll ? "carries the daily flag" : `carries the ${flag} flag, as the first point since ${period}`, endsAtMs);
    }
    if (ageEndsAtMs !== undefined && ageEndsAtMs > nowMs) keepUntil("age", `is kept for its age (${ageText(rules.age)})`, ageEndsAtMs);
    else if (ageEndsAtMs !== undefined) ended.push(`age: is older than ${ageText(rules.age)} since ${new Date(ageEndsAtMs).toISOString()}`);
    if (rules.count !== undefined && position < come && come - position <= rules.count) reasons.push({ rule: "count", text: `is one of the newest ${String(rules.count)}` });
    else if (rules.count !== undefined) ended.push(`count: is not one of the newest ${String(rules.count)}`);
    if (position === come - 1 || position === points.length - 1) reasons.push({ rule: "newest", text: "is the newest point of its resource" });
    if (point.isBase === true) reasons.push({ rule: "base", text: "is what the next increment is told from" });
    if (atMs > nowMs) reasons.push({ rule: "future", text: "is younger than the moment of the plan: a clock is wrong" });
    const lockedUntilMs = point.lockedUntil?.getTime();
    if (lockedUntilMs !== undefined && lockedUntilMs > nowMs) keepUntil("locked", reasons.length === 0 ? "no rule keeps it; it waits for its lock" : "is locked", lockedUntilMs);
    const facts = { id: point.id, resource: point.resource, createdAt: point.createdAt.toISOString() };
    if (reasons.length === 0) return { ...facts, action: "remove", flags, reasons: [{ rule: "expired", text: ended.join("; ") }] };
    const ends = reasons.map(({ until }) => until);
    const keptUntil = ends.every((end) => end !== undefined) ? ends.reduce((a, b) => (a > b ? a : b)) : undefined;
    return { ...facts, action: "keep", flags, reasons, ...(keptUntil !== undefined && { keptUntil }) };
  });
}

function ageText(age: ResolvedRetentionOptions["age"]): string {
  const [[unit, amount] = ["", 0]] = Object.entries(age ?? {});
  return `${String(amount)} ${unit}`;
}

function summaryOf(keep: readonly RetentionDecision[], remove: readonly RetentionDecision[]): string {
  const total = keep.length + remove.length;
  if (total === 0) return "Removes nothing: there are no points.";
  if (remove.length > 0) return `Removes ${String(remove.length)} of ${String(total)} points.`;
  const counts = new Map<string, number>();
  for (const { reasons } of keep) for (const { rule } of reasons) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const why = [...counts].map(([rule, count]) => `${rule} ${String(count)}`).join(", ");
  const next = keep.flatMap(({ keptUntil }) => keptUntil ?? []).sort()[0];
  return `Removes nothing: all ${String(total)} points are kept (${why}). ${next === undefined ? "None of them ends by itself." : `The next one ends ${next}.`}`;
}
