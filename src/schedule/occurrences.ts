import { Cron } from "croner";
import { Temporal } from "temporal-polyfill";
import { dateOfMonthDay } from "../calendar/month-day.js";
import { weekdays } from "../calendar/weekday.js";
import type { ResolvedScheduleOptions, TimeOfDay } from "./schedule-options.js";

/** Which part of a schedule a run belongs to: several where their moments are one. */
export type ScheduleTier = "daily" | "weekly" | "monthly" | "yearly" | "cron";

/** A moment at which a schedule asks for a run. */
export interface Occurrence {
  readonly atMs: number;
  readonly tiers: readonly ScheduleTier[];
}

/** So far ahead a run is looked for: the rarest (a cron of 29 February) comes once in eight years. */
const horizonDays = 9 * 366;

/**
 * The moments after `afterMs`, ascending, each once. A time of day that a change of the clocks skips is taken at the offset before it (02:30
 * becomes 03:30); one that comes twice is taken the first time (RFC 5545): a day has each of its runs once.
 */
export function* occurrencesAfter(options: ResolvedScheduleOptions, afterMs: number): Generator<Occurrence> {
  const calendar = calendarOccurrences(options, afterMs);
  const cron = cronOccurrences(options, afterMs);
  let a = calendar.next();
  let b = cron.next();
  while (a.done !== true || b.done !== true) {
    if (b.done === true || (a.done !== true && a.value.atMs < b.value.atMs)) {
      if (a.done !== true) yield a.value;
      a = calendar.next();
    } else if (a.done === true || b.value.atMs < a.value.atMs) {
      yield b.value;
      b = cron.next();
    } else {
      yield { atMs: a.value.atMs, tiers: [...a.value.tiers, ...b.value.tiers] };
      a = calendar.next();
      b = cron.next();
    }
  }
}

function* cronOccurrences({ cron, timeZone }: ResolvedScheduleOptions, afterMs: number): Generator<Occurrence> {
  if (cron === undefined) return;
  const job = new Cron(cron, { mode: "5-part", timezone: timeZone, paused: true });
  for (let next = job.nextRun(new Date(afterMs)); next !== null; next = job.nextRun(next)) yield { atMs: next.getTime(), tiers: ["cron"] };
}

function* calendarOccurrences(options: ResolvedScheduleOptions, afterMs: number): Generator<Occurrence> {
  const { daily, weekly, monthly, yearly, timeZone } = options;
  if (!daily && !weekly && !monthly && !yearly) return;
  // a day earlier: where a day was skipped, its runs fall on the next
  let date = Temporal.Instant.fromEpochMilliseconds(afterMs).toZonedDateTimeISO(timeZone).toPlainDate().subtract({ days: 1 });
  const waiting = new Map<number, Set<ScheduleTier>>();
  for (let withoutRun = 0; withoutRun < horizonDays; date = date.add({ days: 1 })) {
    withoutRun++;
    for (const { time, tier } of runsOf(options, date)) {
      const atMs = instantOf(date, time, timeZone);
      if (atMs <= afterMs) continue;
      const tiers = waiting.get(atMs);
      if (tiers === undefined) waiting.set(atMs, new Set([tier]));
      else tiers.add(tier);
    }
    if (waiting.size === 0) continue;
    const nextDayMs = instantOf(date.add({ days: 1 }), { hour: 0, minute: 0 }, timeZone);
    for (const atMs of [...waiting.keys()].sort((a, b) => a - b)) {
      if (atMs >= nextDayMs) break;
      yield { atMs, tiers: [...(waiting.get(atMs) ?? [])] };
      waiting.delete(atMs);
      withoutRun = 0;
    }
  }
}

function* runsOf({ daily, weekly, monthly, yearly }: ResolvedScheduleOptions, date: Temporal.PlainDate): Generator<{ readonly time: TimeOfDay; readonly tier: ScheduleTier }> {
  const weekday = weekdays[date.dayOfWeek - 1] ?? "monday";
  if (daily?.days.has(weekday) === true) for (const time of daily.times) yield { time, tier: "daily" };
  if (weekly?.on.has(weekday) === true) yield { time: weekly.at, tier: "weekly" };
  if (monthly?.months.has(date.month) === true && dateOfMonthDay(date.year, date.month, monthly.on).equals(date)) yield { time: monthly.at, tier: "monthly" };
  if (yearly?.in === date.month && dateOfMonthDay(date.year, date.month, yearly.on).equals(date)) yield { time: yearly.at, tier: "yearly" };
}

/** A time of day of a date, as a moment. */
export function instantOf(date: Temporal.PlainDate, { hour, minute }: TimeOfDay, timeZone: string): number {
  return date.toPlainDateTime({ hour, minute }).toZonedDateTime(timeZone, { disambiguation: "compatible" }).epochMilliseconds;
}
