import { Temporal } from "temporal-polyfill";
import { dateOfMonthDay } from "../calendar/month-day.js";
import { isoDayOf } from "../calendar/weekday.js";
import type { RetentionFlag } from "./retention-plan.js";
import type { ResolvedRetentionOptions } from "./retention-options.js";

/** One flag's part in a moment: which period it lies in, and when a flag put on a point of that moment ends. */
export interface FlagPeriod {
  readonly flag: RetentionFlag;
  /** The first day of the period, `YYYY-MM-DD`. */
  readonly period: string;
  /** Whether every point of the period carries the flag, or the first alone. */
  readonly isForAll: boolean;
  readonly endsAtMs: number;
}

/** What the calendar says of a moment. */
export interface CalendarFacts {
  readonly flags: readonly FlagPeriod[];
  /** When the rule of age ends, where there is one. */
  readonly ageEndsAtMs: number | undefined;
}

/**
 * The calendar of a retention: to which day, week, month and year of its time zone a moment belongs. A flag's end is counted by the
 * calendar from the moment itself: seven days later at the same time of day, also where the clocks changed between.
 */
export function calendarFacts(options: ResolvedRetentionOptions, atMs: number): CalendarFacts {
  const at = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(options.timeZone);
  const date = at.toPlainDate();
  const endOf = (duration: Temporal.DurationLike): number => at.add(duration).epochMilliseconds;
  const flags: FlagPeriod[] = [];
  const { daily, weekly, monthly, yearly, age } = options;
  if (daily) flags.push({ flag: "daily", period: date.toString(), isForAll: daily.points === "all", endsAtMs: endOf({ days: daily.keep }) });
  if (weekly) {
    const daysSince = (date.dayOfWeek - isoDayOf(weekly.on) + 7) % 7;
    flags.push({ flag: "weekly", period: date.subtract({ days: daysSince }).toString(), isForAll: false, endsAtMs: endOf({ weeks: weekly.keep }) });
  }
  if (monthly) flags.push({ flag: "monthly", period: monthOf(date, monthly.on).toString(), isForAll: false, endsAtMs: endOf({ months: monthly.keep }) });
  if (yearly) flags.push({ flag: "yearly", period: yearOf(date, yearly).toString(), isForAll: false, endsAtMs: endOf({ years: yearly.keep }) });
  return { flags, ageEndsAtMs: age && endOf(age) };
}

/** The first day of the month, as the rule counts months, in which a date lies. */
function monthOf(date: Temporal.PlainDate, on: NonNullable<ResolvedRetentionOptions["monthly"]>["on"]): Temporal.PlainDate {
  const start = dateOfMonthDay(date.year, date.month, on);
  if (Temporal.PlainDate.compare(start, date) <= 0) return start;
  const { year, month } = date.with({ day: 1 }).subtract({ months: 1 });
  return dateOfMonthDay(year, month, on);
}

function yearOf(date: Temporal.PlainDate, rule: NonNullable<ResolvedRetentionOptions["yearly"]>): Temporal.PlainDate {
  const start = dateOfMonthDay(date.year, rule.in, rule.on);
  return Temporal.PlainDate.compare(start, date) <= 0 ? start : dateOfMonthDay(date.year - 1, rule.in, rule.on);
}
