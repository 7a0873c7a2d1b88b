import * as z from "zod";
import { monthDaySchema, monthSchema, timeZoneSchema, weekdaySchema } from "../calendar/schemas.js";
import type { MonthDay } from "../calendar/month-day.js";
import type { Weekday } from "../calendar/weekday.js";
import { checkOptions } from "../options/check-options.js";
import { anyOfSchemas } from "../options/json-schema.js";

/** A time span in one unit of the calendar. */
export type RetentionAge = { readonly days: number } | { readonly weeks: number } | { readonly months: number } | { readonly years: number };

/** The rule of daily points. */
export interface DailyRetention {
  /** For how many days. */
  readonly keep: number;
  /** `"all"`, the default: every point carries the daily flag. `"first"`: only the first of each day. */
  readonly points?: "all" | "first" | undefined;
}

/** The rule of weekly points: the first point of each week carries the flag. */
export interface WeeklyRetention {
  /** For how many weeks. */
  readonly keep: number;
  /** The day on which a week begins. Default: the schedule's weekly day in a policy, Monday otherwise. */
  readonly on?: Weekday | undefined;
}

/** The rule of monthly points: the first point of each month carries the flag. */
export interface MonthlyRetention {
  /** For how many months. */
  readonly keep: number;
  /** The day from which a month counts. Default: the schedule's monthly day in a policy, the 1st otherwise. */
  readonly on?: MonthDay | undefined;
}

/** The rule of yearly points: the first point of each year carries the flag. */
export interface YearlyRetention {
  /** For how many years. */
  readonly keep: number;
  /** The month in which a year begins, 1 to 12. Default: the schedule's in a policy, January otherwise. */
  readonly in?: number | undefined;
  /** The day of that month. Default: the schedule's in a policy, the 1st otherwise. */
  readonly on?: MonthDay | undefined;
}

/**
 * How long restore points are kept. At least one rule; a point stays as long as any of them keeps it. Numbers are whole
 * and from 1 to 36,500.
 */
export interface RetentionOptions {
  /** The newest so many points of each resource. */
  readonly count?: number | undefined;
  /** Every point, for so long. */
  readonly age?: RetentionAge | undefined;
  /** Every point, for so many days; `{ keep, points: "first" }`: only the first of each day. */
  readonly daily?: number | DailyRetention | undefined;
  /** The first point of each week, for so many weeks. */
  readonly weekly?: number | WeeklyRetention | undefined;
  /** The first point of each month, for so many months. */
  readonly monthly?: number | MonthlyRetention | undefined;
  /** The first point of each year, for so many years. */
  readonly yearly?: number | YearlyRetention | undefined;
  /** In which days, weeks, months and years begin: an IANA name. Default: the schedule's in a policy, UTC otherwise. */
  readonly timeZone?: string | undefined;
}

/** What a schedule says where the rules do not. */
export interface RetentionDefaults {
  readonly timeZone?: string | undefined;
  readonly weeklyOn?: Weekday | undefined;
  readonly monthlyOn?: MonthDay | undefined;
  readonly yearlyIn?: number | undefined;
  readonly yearlyOn?: MonthDay | undefined;
}

export interface ResolvedRetentionOptions {
  readonly count: number | undefined;
  readonly age: RetentionAge | undefined;
  readonly daily: { readonly keep: number; readonly points: "all" | "first" } | undefined;
  readonly weekly: { readonly keep: number; readonly on: Weekday } | undefined;
  readonly monthly: { readonly keep: number; readonly on: MonthDay } | undefined;
  readonly yearly: { readonly keep: number; readonly in: number; readonly on: MonthDay } | undefined;
  readonly timeZone: string;
}

/** A hundred years, AWS's own bound for what it keeps. */
const maxKeep = 36_500;
const keepText = `must be a whole number from 1 to ${String(maxKeep)}.`;
const keepSchema = z.int({ error: keepText }).min(1, keepText).max(maxKeep, keepText);
const ageText = "must be one of { days }, { weeks }, { months } and { years }.";
const ageSchema = z
  .strictObject({ days: keepSchema.optional(), weeks: keepSchema.optional(), months: keepSchema.optional(), years: keepSchema.optional() }, { error: (issue) => (issue.code === "invalid_type" ? ageText : undefined) })
  .refine((age) => Object.values(age).filter((value) => value !== undefined).length === 1, ageText)
  .transform((age) => age as RetentionAge);

const ruleText = "must be a whole number, or an object with keep.";
function ruleOf<Shape extends z.ZodRawShape>(shape: Shape): z.ZodType<number | z.infer<z.ZodObject<Shape & { keep: typeof keepSchema }>>> {
  const schema = z.strictObject({ keep: keepSchema, ...shape });
  // not a union: its message would hide which part of the object is wrong
  return z.unknown().transform((given, context) => {
    const parsed = (typeof given === "number" ? keepSchema : schema).safeParse(given);
    if (parsed.success) return parsed.data as never;
    for (const issue of parsed.error.issues) {
      if (issue.code === "invalid_type" && issue.path.length === 0) context.issues.push({ code: "custom", message: ruleText, input: given, path: [] });
      else context.issues.push({ ...issue, input: given } as never);
    }
    return z.NEVER;
  }).meta(anyOfSchemas(keepSchema, schema));
}

/** The schema of the rules, for the options of a policy. */
export const retentionSchema = z.strictObject({
  count: keepSchema.optional(),
  age: ageSchema.optional(),
  daily: ruleOf({ points: z.enum(["all", "first"], { error: 'must be "all" or "first".' }).optional() }).optional(),
  weekly: ruleOf({ on: weekdaySchema.optional() }).optional(),
  monthly: ruleOf({ on: monthDaySchema.optional() }).optional(),
  yearly: ruleOf({ in: monthSchema.optional(), on: monthDaySchema.optional() }).optional(),
  timeZone: timeZoneSchema.optional(),
}).refine(({ timeZone: _, ...rules }) => Object.values(rules).some((rule) => rule !== undefined), "must hold at least one rule: count, age, daily, weekly, monthly or yearly.");

export function checkRetentionOptions(options: RetentionOptions): RetentionOptions {
  return checkOptions<RetentionOptions>(options, { of: "a retention", schema: retentionSchema });
}

export function resolveRetentionOptions({ count, age, daily, weekly, monthly, yearly, timeZone }: RetentionOptions, defaults: RetentionDefaults = {}): ResolvedRetentionOptions {
  const ruleFrom = <Rule extends { readonly keep: number }>(rule: number | Rule | undefined): Partial<Rule> & { readonly keep: number } | undefined =>
    typeof rule === "number" ? ({ keep: rule } as Partial<Rule> & { keep: number }) : rule;
  const [day, week, month, year] = [ruleFrom(daily), ruleFrom(weekly), ruleFrom(monthly), ruleFrom(yearly)];
  return {
    count,
    age,
    daily: day && { keep: day.keep, points: day.points ?? "all" },
    weekly: week && { keep: week.keep, on: week.on ?? defaults.weeklyOn ?? "monday" },
    monthly: month && { keep: month.keep, on: month.on ?? defaults.monthlyOn ?? 1 },
    yearly: year && { keep: year.keep, in: year.in ?? defaults.yearlyIn ?? 1, on: year.on ?? defaults.yearlyOn ?? 1 },
    timeZone: timeZone ?? defaults.timeZone ?? "UTC",
  };
}
