import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import { pricesSchema } from "../../prices/prices-schema.js";
import { usEast1Prices, type S3Prices } from "../../prices/s3-prices.js";
import type { ThawTier } from "../../prices/storage-classes.js";

/** What is thawed. */
export interface PlanThawOptions {
  /** Only this volume of the point; all of them by default. */
  readonly volume?: string | undefined;
  /** For how many days the data shall be readable: 7 by default. */
  readonly days?: number | undefined;
  /** The prices that the plan reckons with: list prices of us-east-1 by default. */
  readonly prices?: S3Prices | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a restore point is thawed. */
export interface ThawPointOptions {
  /** `expedited` (minutes, not from Deep Archive), `standard` (hours) or `bulk` (half a day to two days, the cheapest). */
  readonly tier: ThawTier;
  /** Only this volume of the point; all of them by default. */
  readonly volume?: string | undefined;
  /** For how many days the data shall be readable: 7 by default. */
  readonly days?: number | undefined;
  /** `false`: ends when everything is asked for, and does not wait until it is readable. */
  readonly wait?: boolean | undefined;
  /**
   * What becomes of packs that are being thawed already. `"hasten"`, the default: they are asked for again, for a faster tier makes them come sooner. `"wait"`: they are
   * waited for, and nobody is asked.
   */
  readonly underway?: "hasten" | "wait" | undefined;
  /** Ends the wait with the signal's reason. What is asked for is thawed all the same. */
  readonly signal?: AbortSignal | undefined;
}

const defaultDays = 7;

const shared = {
  volume: z.string({ error: "must be a volume's id." }).optional(),
  days: z.int({ error: "must be a whole number of days." }).min(1, "must be at least 1.").max(36_500, "must be at most 36,500.").default(defaultDays),
  signal: signalSchema,
};

const planSchema = z.strictObject({ ...shared, prices: pricesSchema.default(usEast1Prices) });
const thawSchema = z.strictObject({
  ...shared,
  tier: z.enum(["expedited", "standard", "bulk"], { error: 'must be "expedited", "standard" or "bulk".' }),
  wait: truth.default(true),
  underway: z.enum(["hasten", "wait"], { error: 'must be "hasten" or "wait".' }).default("hasten"),
});

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolvePlanThawOptions(options: PlanThawOptions): z.infer<typeof planSchema> {
  return checkOptions(options, { of: "a thaw's plan", schema: planSchema });
}

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolveThawOptions(options: ThawPointOptions): z.infer<typeof thawSchema> {
  return checkOptions(options, { of: "a thaw", schema: thawSchema });
}
