import { Temporal } from "temporal-polyfill";
import { weekdays } from "../calendar/weekday.js";
import { instantOf } from "./occurrences.js";
import type { ResolvedScheduleOptions } from "./schedule-options.js";

/** One opening of a window. */
export interface OpenWindow {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** A week and a day: every weekday comes in it, also where a change of the clocks takes one window away. */
const searchedDays = 9;

/** The opening in which a moment lies, or else the next one. */
export function windowAtOrAfter(window: NonNullable<ResolvedScheduleOptions["window"]>, timeZone: string, atMs: number): OpenWindow {
  const { from, to, days } = window;
  const isOvernight = to.hour * 60 + to.minute <= from.hour * 60 + from.minute;
  let date = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDate().subtract({ days: 1 });
  for (let day = 0; day <= searchedDays; day++, date = date.add({ days: 1 })) {
    if (!days.has(weekdays[date.dayOfWeek - 1] ?? "monday")) continue;
    const fromMs = instantOf(date, from, timeZone);
    const toMs = instantOf(isOvernight ? date.add({ days: 1 }) : date, to, timeZone);
    if (toMs > atMs && toMs > fromMs) return { fromMs, toMs };
  }
  throw new RangeError("A window that opens on some weekday opens within a week.");
}
