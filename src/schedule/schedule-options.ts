import * as z from "zod";
import { Cron } from "croner";
import type { MonthDay } from "../calendar/month-day.js";
import { monthDaySchema, monthSchema, timeZoneSchema, weekdaySchema } from "../calendar/schemas.js";
import { anyOfSchemas } from "../options/json-schema.js";
import { truth } from "../options/schemas.js";
import { weekdays, type Weekday } from "../calendar/weekday.js";

/** Runs within days. */
export interface DailySchedule {
  /** Full hours of the day, 0 to 23. Default: midnight alone. */
  readonly hours?: readonly number[] | undefined;
  /** Default: `"every"` day; `"weekdays"`: Monday to Friday. */
  readonly days?: "every" | "weekdays" | readonly Weekday[] | undefined;
  /** Runs in each of the hours, evenly spread: 1 to 60. Default: 1. */
  readonly runsPerHour?: number | undefined;
}

/** One run on each of these weekdays. */
export interface WeeklySchedule {
  readonly on: Weekday | readonly Weekday[];
  /** `"HH:MM"`. Default: the first time of the daily schedule, with whose run it is one, or midnight. */
  readonly at?: string | undefined;
}

/** One run a month. */
export interface MonthlySchedule {
  readonly on: MonthDay;
  /** 1 to 12. Default: every month. */
  readonly months?: readonly number[] | undefined;
  /** `"HH:MM"`. Default: as of weekly. */
  readonly at?: string | undefined;
}

/** One run a year. */
export interface YearlySchedule {
  /** The month, 1 to 12. */
  readonly in: number;
  /** Default: the 1st. */
  readonly on?: MonthDay | undefined;
  /** `"HH:MM"`. Default: as of weekly. */
  readonly at?: string | undefined;
}

/** When runs may begin and go on. */
export interface ScheduleWindow {
  /** `"HH:MM"`. */
  readonly from: string;
  /** `"HH:MM"`, exclusive. Not later than `from`: on the next day. */
  readonly to: string;
  /** The days on which it opens. Default: every day. */
  readonly days?: readonly Weekday[] | undefined;
  /** Whether a run that is under way when the window closes is stopped, and goes on when it opens again, with what was not done. Default: true. */
  readonly stopAtEnd?: boolean | undefined;
}

/** When a policy runs. At least one of daily, weekly, monthly, yearly and cron; runs that fall on one moment are one run. */
export interface ScheduleOptions {
  readonly daily?: DailySchedule | undefined;
  readonly weekly?: WeeklySchedule | undefined;
  readonly monthly?: MonthlySchedule | undefined;
  readonly yearly?: YearlySchedule | undefined;
  /** Five fields, as cron takes them: `"30 2 * * 1-5"`. */
  readonly cron?: string | undefined;
  /** In which all times are: an IANA name. Default: UTC. */
  readonly timeZone?: string | undefined;
  readonly window?: ScheduleWindow | undefined;
  /** Puts each policy's runs off by its own part of so many minutes, always the same, so that many policies do not begin at one moment: 0 to 720. Default: 0. */
  readonly spreadMinutes?: number | undefined;
}

/** Hour and minute of a day. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

export interface ResolvedScheduleOptions {
  readonly daily: { readonly times: readonly TimeOfDay[]; readonly days: ReadonlySet<Weekday> } | undefined;
  readonly weekly: { readonly on: ReadonlySet<Weekday>; readonly at: TimeOfDay } | undefined;
  readonly monthly: { readonly on: MonthDay; readonly months: ReadonlySet<number>; readonly at: TimeOfDay } | undefined;
  readonly yearly: { readonly in: number; readonly on: MonthDay; readonly at: TimeOfDay } | undefined;
  readonly cron: string | undefined;
  readonly timeZone: string;
  readonly window: { readonly from: TimeOfDay; readonly to: TimeOfDay; readonly days: ReadonlySet<Weekday>; readonly stopAtEnd: boolean } | undefined;
  readonly spreadMs: number;
}

const hourText = "must be an hour of the day, 0 to 23.";
const runsText = "must be a whole number from 1 to 60.";
const timeText = 'must be a time of day, "HH:MM".';
const spreadText = "must be a whole number of minutes from 0 to 720.";
const minutesPerHour = 60;

const timeSchema = z.string({ error: timeText }).regex(/^([01]\d|2[0-3]):[0-5]\d$/, timeText);
const weekdaysText = `must be a list of weekdays: ${weekdays.join(", ")}.`;
const weekdayListSchema = z.array(weekdaySchema, { error: weekdaysText }).min(1, weekdaysText);
const part = (text: string): { error: (issue: { readonly code: string }) => string | undefined } => ({ error: (issue) => (issue.code === "invalid_type" ? text : undefined) });
/** A list of weekdays where it is a list, and what else may stand there. */
const orWeekdays = <Other>(other: z.ZodType<Other>): z.ZodType<Other | Weekday[]> =>
  z
    .unknown()
    .transform((given, context): Other | Weekday[] => {
      const parsed = (Array.isArray(given) ? weekdayListSchema : other).safeParse(given);
      if (parsed.success) return parsed.data;
      for (const { message, path } of parsed.error.issues) context.issues.push({ code: "custom", message, path, input: given });
      return z.NEVER;
    })
    .meta(anyOfSchemas(other, weekdayListSchema));

/** Any day does to see whether an expression ever comes to a run. */
const someDay = new Date(Date.UTC(2026, 0, 1));

function isCron(expression: string): boolean {
  try {
    return new Cron(expression, { mode: "5-part", paused: true }).nextRun(someDay) !== null;
  } catch {
    // whatever it dislikes, the expression is none
    return false;
  }
}
const cronText = 'must be a cron expression of five fields that comes to a run, like "30 2 * * 1-5".';

/** The schema of a schedule, for the options of a policy. */
export const scheduleSchema = z
  .strictObject(
    {
      daily: z
        .strictObject(
          {
            hours: z.array(z.int({ error: hourText }).min(0, hourText).max(23, hourText), { error: "must be a list of hours." }).min(1, "must name at least one hour.").optional(),
            days: orWeekdays(z.enum(["every", "weekdays"], { error: 'must be "every", "weekdays" or a list of weekdays.' })).optional(),
            runsPerHour: z.int({ error: runsText }).min(1, runsText).max(minutesPerHour, runsText).optional(),
          },
          part("must be an object { hours, days, runsPerHour }."),
        )
        .optional(),
      weekly: z.strictObject({ on: orWeekdays(weekdaySchema), at: timeSchema.optional() }, part("must be an object { on, at }.")).optional(),
      monthly: z.strictObject({ on: monthDaySchema, months: z.array(monthSchema, { error: "must be a list of months." }).min(1, "must name at least one month.").optional(), at: timeSchema.optional() }, part("must be an object { on, months, at }.")).optional(),
      yearly: z.strictObject({ in: monthSchema, on: monthDaySchema.optional(), at: timeSchema.optional() }, part("must be an object { in, on, at }.")).optional(),
      cron: z.string({ error: cronText }).refine(isCron, cronText).optional(),
      timeZone: timeZoneSchema.optional(),
      window: z.strictObject({ from: timeSchema, to: timeSchema, days: weekdayListSchema.optional(), stopAtEnd: truth }, part("must be an object { from, to }.")).optional(),
      spreadMinutes: z.int({ error: spreadText }).min(0, spreadText).max(720, spreadText).optional(),
    },
    part("must be an object with daily, weekly, monthly, yearly or cron."),
  )
  .refine(({ daily, weekly, monthly, yearly, cron }) => [daily, weekly, monthly, yearly, cron].some((rule) => rule !== undefined), "must hold at least one of daily, weekly, monthly, yearly and cron.");

const midnight: TimeOfDay = { hour: 0, minute: 0 };
const everyMonth = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

export function resolveScheduleOptions({ daily, weekly, monthly, yearly, cron, timeZone, window, spreadMinutes }: ScheduleOptions): ResolvedScheduleOptions {
  const times = daily && timesOf(daily);
  const timeOf = (at: string | undefined): TimeOfDay => (at === undefined ? (times?.[0] ?? midnight) : parseTime(at));
  return {
    daily: daily && times && { times, days: daysOf(daily.days) },
    weekly: weekly && { on: new Set(typeof weekly.on === "string" ? [weekly.on] : weekly.on), at: timeOf(weekly.at) },
    monthly: monthly && { on: monthly.on, months: new Set(monthly.months ?? everyMonth), at: timeOf(monthly.at) },
    yearly: yearly && { in: yearly.in, on: yearly.on ?? 1, at: timeOf(yearly.at) },
    cron,
    timeZone: timeZone ?? "UTC",
    window: window && { from: parseTime(window.from), to: parseTime(window.to), days: new Set(window.days ?? weekdays), stopAtEnd: window.stopAtEnd ?? true },
    spreadMs: (spreadMinutes ?? 0) * 60_000,
  };
}

function timesOf({ hours = [0], runsPerHour = 1 }: DailySchedule): TimeOfDay[] {
  const sorted = [...new Set(hours)].sort((a, b) => a - b);
  return sorted.flatMap((hour) => Array.from({ length: runsPerHour }, (_, run) => ({ hour, minute: Math.floor((run * minutesPerHour) / runsPerHour) })));
}

function daysOf(days: DailySchedule["days"] = "every"): ReadonlySet<Weekday> {
  if (days === "every") return new Set(weekdays);
  return new Set(days === "weekdays" ? weekdays.slice(0, 5) : days);
}

function parseTime(text: string): TimeOfDay {
  return { hour: Number(text.slice(0, 2)), minute: Number(text.slice(3)) };
}
