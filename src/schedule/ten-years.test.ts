import { describe, expect, it } from "vitest";
import { Schedule } from "./schedule.js";
import type { ScheduleOptions } from "./schedule-options.js";

// The calculation that the schedule is held against: days counted in UTC, local times as the machine's own calendar writes them, and RFC 5545 for times
// that are skipped (the offset before the gap) or come twice (the first). It shares no code and no library with the engine.

const dayMs = 86_400_000;
const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

type LocalText = (ms: number) => number;

/** The local time of a moment, as if it were UTC. */
function localOf(timeZone: string): LocalText {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return (ms) => Date.parse(`${format.format(ms).replace(" ", "T")}Z`);
}

/** The moment at which it is this time by the clock on the wall. */
function momentOf(wallMs: number, local: LocalText): number {
  // of a day before and a day after, one offset or the other is right, if the time exists at all; the one before is the first
  const before = local(wallMs - dayMs) - (wallMs - dayMs);
  const after = local(wallMs + dayMs) - (wallMs + dayMs);
  for (const offset of [before, after]) if (local(wallMs - offset) === wallMs) return wallMs - offset;
  return wallMs - before;
}

interface Day {
  readonly wallMs: number;
  readonly weekday: string;
  readonly dayOfMonth: number;
  readonly month: number;
  readonly daysInMonth: number;
}

function dayAt(wallMs: number): Day {
  const date = new Date(wallMs);
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return { wallMs, weekday: weekdays[date.getUTCDay()] ?? "", dayOfMonth: date.getUTCDate(), month: date.getUTCMonth() + 1, daysInMonth };
}

interface Rule {
  readonly options: ScheduleOptions;
  readonly times: (day: Day) => readonly string[];
}

const rules: readonly Rule[] = [
  { options: { daily: { hours: [2], runsPerHour: 2 } }, times: () => ["02:00", "02:30"] },
  { options: { daily: { hours: [1], days: "weekdays" }, weekly: { on: ["saturday", "sunday"], at: "02:15" } }, times: ({ weekday }) => (weekday.startsWith("s") ? ["02:15"] : ["01:00"]) },
  {
    options: { monthly: { on: "third sunday", at: "02:30" }, yearly: { in: 12, on: 30, at: "00:00" } },
    times: ({ weekday, dayOfMonth, month }) => [...(month === 12 && dayOfMonth === 30 ? ["00:00"] : []), ...(weekday === "sunday" && dayOfMonth > 14 && dayOfMonth <= 21 ? ["02:30"] : [])],
  },
  { options: { monthly: { on: "last sunday", at: "02:00", months: [3, 10] } }, times: ({ weekday, dayOfMonth, daysInMonth, month }) => (weekday === "sunday" && dayOfMonth > daysInMonth - 7 && (month === 3 || month === 10) ? ["02:00"] : []) },
  { options: { monthly: { on: 31, at: "00:15" } }, times: ({ dayOfMonth, daysInMonth }) => (dayOfMonth === daysInMonth ? ["00:15"] : []) },
];

// with half an hour of daylight saving, with gaps at midnight, with a whole day (30 December 2011) that never was
const zones = ["Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"];

describe("a schedule, on every day of ten years", () => {
  it.each(zones)("runs exactly when an independent calculation says, in %s", (timeZone) => {
    const local = localOf(timeZone);
    const from = Date.UTC(2010, 0, 1);
    const until = Date.UTC(2020, 0, 1);
    for (const { options, times } of rules) {
      const wanted = new Set<number>();
      for (let wallMs = from - dayMs; wallMs < until + dayMs; wallMs += dayMs) {
        for (const time of times(dayAt(wallMs))) {
          const moment = momentOf(wallMs + Date.parse(`1970-01-01T${time}:00Z`), local);
          if (moment > from && moment < until) wanted.add(moment);
        }
      }
      const sorted = [...wanted].sort((a, b) => a - b);
      const runs = new Schedule({ ...options, timeZone }, "gold").next(sorted.length + 1, { after: new Date(from) }).map(({ at }) => at.getTime());
      expect(runs.slice(0, -1).map((ms) => new Date(ms).toISOString())).toEqual(sorted.map((ms) => new Date(ms).toISOString()));
      expect(runs.at(-1)).toBeGreaterThanOrEqual(until);
    }
  });
});
