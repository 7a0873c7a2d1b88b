import { Temporal } from "temporal-polyfill";
import { isoDayOf, weekdays, type Weekday } from "./weekday.js";

/** Which of the same weekdays in a month. */
export type WeekdayOrdinal = "first" | "second" | "third" | "fourth" | "last";

/**
 * A day of a month: its number (a month that is shorter takes its last day), `"last"`, or a weekday by its place:
 * `"first sunday"`, `"last friday"`. Each month has one.
 */
export type MonthDay = number | "last" | `${WeekdayOrdinal} ${Weekday}`;

const ordinals: readonly WeekdayOrdinal[] = ["first", "second", "third", "fourth", "last"];
const daysOfWeek = 7;

/** All words for a day of a month; beside them, the numbers 1 to 31. */
export const monthDayWords: readonly string[] = ["last", ...ordinals.flatMap((ordinal) => weekdays.map((weekday) => `${ordinal} ${weekday}`))];

/** The date of such a day in a month. */
export function dateOfMonthDay(year: number, month: number, day: MonthDay): Temporal.PlainDate {
  const first = Temporal.PlainDate.from({ year, month, day: 1 });
  if (typeof day === "number") return first.with({ day: Math.min(day, first.daysInMonth) });
  if (day === "last") return first.with({ day: first.daysInMonth });
  const [ordinal, weekday] = day.split(" ") as [WeekdayOrdinal, Weekday];
  const earliest = 1 + ((isoDayOf(weekday) - first.dayOfWeek + daysOfWeek) % daysOfWeek);
  if (ordinal !== "last") return first.with({ day: earliest + daysOfWeek * ordinals.indexOf(ordinal) });
  return first.with({ day: earliest + daysOfWeek * Math.floor((first.daysInMonth - earliest) / daysOfWeek) });
}
