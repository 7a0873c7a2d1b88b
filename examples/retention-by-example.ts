/**
 * What is left under different rules, weeks and years later: `npx tsx examples/retention-by-example.ts`
 *
 * The tables of docs/guides/retention-by-example.md are what this prints. Change a rule and look.
 */
import { Retention, type RetentionPlan, type RetentionPoint } from "holdfast";
import { runExample, type Print } from "./support/run-example.js";

const week = new Retention({ daily: 7 });
const generations = new Retention({ daily: 7, weekly: { keep: 4, on: "sunday" }, monthly: 6, yearly: 3 });
const hourly = new Retention({ age: { days: 2 }, daily: { keep: 14, points: "first" } });
const sundays = new Retention({ daily: 2, weekly: { keep: 3, on: "sunday" } });
const newest = new Retention({ count: 3 });

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export async function retentionByExample(print: Print): Promise<void> {
  show(print, "A week", play(week, nights("2026-10-01", "2026-11-26")));
  show(print, "Generations", play(generations, nights("2024-01-01", "2026-11-26")));
  showDays(print, "Every hour", play(hourly, hours("2026-11-01", "2026-11-26")));
  show(print, "A Sunday without a run", play(sundays, nights("2026-11-01", "2026-11-26").filter((at) => !at.toISOString().startsWith("2026-11-15"))));
  show(print, "Locked points", play(newest, nights("2026-11-01", "2026-11-26"), { lockedDays: 6 }));
  show(print, "A machine that is gone", play(generations, nights("2024-01-01", "2026-06-30"), { lookedAt: new Date("2027-11-26T02:00:00Z") }));
  print("### How many points");
  print("| rules | after 30 days | after a year | after 3 years |");
  print("|---|---|---|---|");
  for (const rules of [week, generations, new Retention({ daily: 14, weekly: 8, monthly: 12, yearly: 7 }), new Retention({ age: { days: 90 } })]) {
    const counts = [30, 365, 1_096].map((days) => play(rules, Array.from({ length: days }, (_, day) => new Date(Date.parse("2024-01-01T01:00:00Z") + day * dayMs))).keep.length);
    print(`| \`${JSON.stringify(rules.options).replaceAll(/"(\w+)":/g, "$1: ").replaceAll(",", ", ")}\` | ${counts.join(" | ")} |`);
  }
}

/** A night at 01:00 UTC from each day to the last. */
function nights(from: string, to: string): Date[] {
  const [first, last] = [Date.parse(`${from}T01:00:00Z`), Date.parse(`${to}T01:00:00Z`)];
  return Array.from({ length: (last - first) / dayMs + 1 }, (_, night) => new Date(first + night * dayMs));
}

function hours(from: string, to: string): Date[] {
  return nights(from, to).flatMap((night) => Array.from({ length: 24 }, (_, hour) => new Date(night.getTime() + hour * hourMs)));
}

/** Makes a point at each of these times and carries the plan out after each, as a policy does. Gives the plan an hour after the last, or when it is looked at. */
function play(retention: Retention, times: readonly Date[], { lockedDays, lookedAt }: { readonly lockedDays?: number; readonly lookedAt?: Date } = {}): RetentionPlan {
  let points: readonly RetentionPoint[] = [];
  let plan: RetentionPlan | undefined;
  for (const [turn, createdAt] of times.entries()) {
    const lockedUntil = lockedDays === undefined ? undefined : new Date(createdAt.getTime() + lockedDays * dayMs);
    points = [...points, { id: createdAt.toISOString(), resource: "111122223333/eu-west-1/i-0abc", createdAt, lockedUntil }];
    const isLast = turn === times.length - 1;
    plan = retention.plan(points, { now: isLast && lookedAt !== undefined ? lookedAt : new Date(createdAt.getTime() + hourMs) });
    const kept = new Set(plan.keep.map(({ id }) => id));
    points = points.filter(({ id }) => kept.has(id));
  }
  if (plan === undefined) throw new Error("No points, no plan.");
  return plan;
}

function show(print: Print, title: string, { now, keep }: RetentionPlan): void {
  print(`### ${title}`);
  print(`| point, as of ${day(now)} | kept by | until |`);
  print("|---|---|---|");
  for (const { createdAt, reasons, keptUntil } of keep) print(`| ${weekday(createdAt)} ${day(createdAt)} | ${reasons.map(({ rule }) => rule).join(", ")} | ${keptUntil === undefined ? "a newer one comes" : day(keptUntil)} |`);
}

/** The same by day, where there are many. */
function showDays(print: Print, title: string, { now, keep }: RetentionPlan): void {
  const ofDays = new Map<string, number>();
  for (const { createdAt } of keep) ofDays.set(day(createdAt), (ofDays.get(day(createdAt)) ?? 0) + 1);
  print(`### ${title}`);
  print(`| day, as of ${now.slice(0, 16)}Z | points |`);
  print("|---|---|");
  for (const [of, count] of ofDays) print(`| ${of} | ${String(count)} |`);
}

function day(text: string): string {
  return text.slice(0, 10);
}

function weekday(text: string): string {
  return new Date(text).toLocaleDateString("en", { weekday: "short", timeZone: "UTC" });
}

await runExample(import.meta.url, retentionByExample);
