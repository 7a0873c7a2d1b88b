import { expect } from "vitest";
import type { RetentionOptions } from "../../src/retention/retention-options.js";
import type { RetentionPoint } from "../../src/retention/retention-plan.js";
import { Retention } from "../../src/retention/retention.js";

// The definition by brute force, which shares nothing with the engine: flags are put on a point when it is made and taken away one by one, as the
// products of the field do it; local times are texts, as the machine's own calendar gives them.

const dayMs = 86_400_000;
const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

export interface Tier {
  readonly daily: number;
  readonly weekly?: { readonly keep: number; readonly on: string };
  readonly monthly?: { readonly keep: number; readonly on: "last friday" | 15 };
  readonly yearly?: { readonly keep: number; readonly in: number };
}

/** The local time of a moment as a text that sorts: `2026-03-29 03:00:00`. */
export function localClock(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return (ms) => format.format(ms);
}

const dayOf = (local: string): number => Date.parse(`${local.slice(0, 10)}T00:00:00Z`) / dayMs;
const textOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);
const weekdayOf = (day: number): string => weekdays[new Date(day * dayMs).getUTCDay()] ?? "";

function isMonthStart(day: number, on: "last friday" | 15): boolean {
  if (on === 15) return textOf(day).endsWith("-15");
  return weekdayOf(day) === "friday" && textOf(day).slice(0, 7) !== textOf(day + 7).slice(0, 7);
}

function addMonths(local: string, months: number): string {
  const [year, month, day] = [Number(local.slice(0, 4)), Number(local.slice(5, 7)), Number(local.slice(8, 10))];
  const lastDay = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, lastDay))).toISOString().slice(0, 10) + local.slice(10);
}
const addDays = (local: string, days: number): string => textOf(dayOf(local) + days) + local.slice(10);

/** The points of one resource under a tier, by definition. */
export class BruteForce {
  readonly #tier: Tier;
  readonly #points = new Map<string, string[]>();
  /** The newest day that each kind of period has begun on, as far as points have come. */
  readonly #begun = new Map<string, number>();
  newest = "";

  constructor(tier: Tier) {
    this.#tier = tier;
  }

  make(id: string, local: string): void {
    const { daily, weekly, monthly, yearly } = this.#tier;
    const day = dayOf(local);
    const ends = [addDays(local, daily)];
    if (weekly && this.#isFirst("week", day, (at) => weekdayOf(at) === weekly.on)) ends.push(addDays(local, 7 * weekly.keep));
    if (monthly && this.#isFirst("month", day, (at) => isMonthStart(at, monthly.on))) ends.push(addMonths(local, monthly.keep));
    if (yearly && this.#isFirst("year", day, (at) => textOf(at).endsWith(`-${String(yearly.in).padStart(2, "0")}-01`))) ends.push(addMonths(local, 12 * yearly.keep));
    this.#points.set(id, ends);
    this.newest = id;
  }

  /** Walks back, day by day, to where the period began. */
  #isFirst(kind: string, day: number, begins: (day: number) => boolean): boolean {
    let start = day;
    while (!begins(start)) start--;
    if (this.#begun.get(kind) === start) return false;
    this.#begun.set(kind, start);
    return true;
  }

  remaining(nowLocal: string): string[] {
    for (const [id, ends] of this.#points) if (id !== this.newest && ends.every((end) => end <= nowLocal)) this.#points.delete(id);
    return [...this.#points.keys()];
  }
}

/** Repeatable chance. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const tiers: Readonly<Record<string, Tier>> = {
  daily: { daily: 7 },
  weekly: { daily: 7, weekly: { keep: 5, on: "sunday" } },
  monthly: { daily: 14, weekly: { keep: 6, on: "wednesday" }, monthly: { keep: 13, on: "last friday" } },
  yearly: { daily: 7, weekly: { keep: 4, on: "saturday" }, monthly: { keep: 12, on: 15 }, yearly: { keep: 7, in: 4 } },
};

/** The tiers that are tried, each in a zone of its own. */
export const tiersAndZones = [
  ["daily", "Europe/Oslo"],
  ["weekly", "America/New_York"],
  ["monthly", "Australia/Lord_Howe"],
  ["yearly", "Europe/Oslo"],
] as const;

/** So many years of a policy whose runs fail now and then: on each day what is kept must be what the brute-force definition keeps. */
export function expectYearsOfRetention(name: string, timeZone: string, years: number): void {
  const tier = tiers[name];
  if (tier === undefined) throw new TypeError(name);
  const retention = new Retention({ ...tier, timeZone } as RetentionOptions);
  const bruteForce = new BruteForce(tier);
  const clock = localClock(timeZone);
  const random = chance(name.length);
  let points: RetentionPoint[] = [];
  let failingDays = 0;
  let made = 0;
  for (let day = 0; day < Math.floor(years * 365.25); day++) {
    const startMs = Date.UTC(2024, 0, 1) + day * dayMs;
    if (failingDays > 0) failingDays--;
    else if (random() < 0.02) failingDays = Math.floor(random() * 12);
    // a run at no fixed time, sometimes a second one
    for (let run = failingDays > 0 ? 1 : random() < 0.05 ? -1 : 0; run < 1; run++) {
      const createdAt = new Date(startMs + Math.floor((run === 0 ? 0.5 + random() / 2 : random() / 2) * (dayMs - 1)));
      const id = createdAt.toISOString();
      points.push({ id, resource: "i-a", createdAt });
      bruteForce.make(id, clock(createdAt.getTime()));
      made++;
    }
    const nowMs = startMs + dayMs;
    const { keep } = retention.plan(points, { now: new Date(nowMs) });
    const kept = new Set(keep.map(({ id }) => id));
    points = points.filter(({ id }) => kept.has(id));
    const wanted = bruteForce.remaining(clock(nowMs));
    if (wanted.length !== kept.size || wanted.some((id) => !kept.has(id))) expect([...kept].sort()).toEqual(wanted.sort());
  }
  expect(made).toBeGreaterThan(300 * years);
  expect(points.length).toBeGreaterThan(5);
}
