import { inspect } from "node:util";
import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { invalidOption } from "../options/option-error.js";
import { printable } from "../printing/printable.js";
import { calendarFacts, type CalendarFacts } from "./flag-periods.js";
import { planRetention } from "./plan-retention.js";
import { printRetentionPlan } from "./print-retention-plan.js";
import { checkRetentionOptions, resolveRetentionOptions, type ResolvedRetentionOptions, type RetentionDefaults, type RetentionOptions } from "./retention-options.js";
import type { RetentionPlan, RetentionPoint } from "./retention-plan.js";

const planSchema = z.strictObject({ now: z.date({ error: "must be a Date: the moment that the plan is for." }) });

/** Moments whose place in the calendar is remembered: looking it up is most of the work, and the same points come again at each pass. */
const maxRemembered = 100_000;

/**
 * Which restore points are kept, and why: by count, by age, and by daily, weekly, monthly and yearly flags on shared points.
 * It decides and does nothing; it reads no clock. docs/retention.md has the rules with examples.
 *
 * @example
 * const retention = new Retention({ daily: 7, weekly: 4, monthly: 12, yearly: 7, timeZone: "Europe/Oslo" });
 * const { remove, summary } = retention.plan(points, { now: new Date() });
 */
export class Retention {
  /** The rules as they were given. */
  readonly options: RetentionOptions;
  readonly #resolved: ResolvedRetentionOptions;
  readonly #remembered = new Map<number, CalendarFacts>();

  /** Wrong options raise `ConfigurationError` naming the path. */
  constructor(options: RetentionOptions) {
    this.options = checkRetentionOptions(options);
    this.#resolved = resolveRetentionOptions(this.options);
  }

  /**
   * Decides what is kept and removed at `now`, with the reasons of each point. The newest point of each resource, what the next
   * increment is told from, and what is locked are never removed. The same points, rules and time give the same plan.
   */
  plan(points: Iterable<RetentionPoint>, options: { readonly now: Date }): RetentionPlan {
    const { now } = checkOptions<{ readonly now: Date }>(options, { of: "a retention's plan", schema: planSchema });
    const all = [...points];
    for (const [index, { createdAt }] of all.entries()) if (!(createdAt instanceof Date) || Number.isNaN(createdAt.getTime())) throw invalidOption(`points[${String(index)}].createdAt`, createdAt, "must be a Date: when the point was made.");
    return printable(planRetention(this.#resolved, all, now, (atMs) => this.#facts(atMs)), printRetentionPlan);
  }

  /**
   * The same rules, where a schedule's days and zone stand in for what they leave open.
   *
   * @internal
   */
  withDefaults(defaults: RetentionDefaults): Retention {
    const { count, age, daily, weekly, monthly, yearly, timeZone } = resolveRetentionOptions(this.options, defaults);
    return new Retention({ count, age, daily, weekly, monthly, yearly, timeZone });
  }

  #facts(atMs: number): CalendarFacts {
    let facts = this.#remembered.get(atMs);
    if (facts === undefined) {
      if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
      this.#remembered.set(atMs, (facts = calendarFacts(this.#resolved, atMs)));
    }
    return facts;
  }

  /** The rules, for a policy as JSON. */
  toJSON(): RetentionOptions {
    return this.options;
  }

  /** How it prints: its rules. */
  [inspect.custom](): string {
    return `Retention ${JSON.stringify(this.options)}`;
  }
}
