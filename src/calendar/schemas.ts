import * as z from "zod";
import { monthDayWords, type MonthDay } from "./month-day.js";
import { weekdays, type Weekday } from "./weekday.js";

/** A zone that this machine's time zone data knows. */
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const timeZoneText = 'must be a time zone by its IANA name, like "Europe/Oslo" or "UTC".';
/** Offsets such as "+01:00" are refused: they know nothing of daylight saving. */
export const timeZoneSchema = z
  .string({ error: timeZoneText })
  .regex(/^[A-Za-z]/, timeZoneText)
  .refine(isTimeZone, timeZoneText);

const weekdayText = `must be a weekday: ${weekdays.join(", ")}.`;
export const weekdaySchema: z.ZodType<Weekday> = z.enum(weekdays as [Weekday, ...Weekday[]], { error: weekdayText });

const monthDayText = 'must be a day of the month: 1 to 31, "last", or a weekday by its place, like "first sunday" or "last friday".';
const lastDay = 31;
export const monthDaySchema: z.ZodType<MonthDay> = z
  .custom<MonthDay>((given) => (typeof given === "number" ? Number.isInteger(given) && given >= 1 && given <= lastDay : monthDayWords.includes(given as string)), monthDayText)
  .meta({ anyOf: [{ type: "integer", minimum: 1, maximum: lastDay }, { type: "string", enum: [...monthDayWords] }] });

const monthText = "must be a month, 1 to 12.";
export const monthSchema = z.int({ error: monthText }).min(1, monthText).max(12, monthText);
