import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema } from "../../options/schemas.js";
import type { CallOptions } from "../../ports/index.js";
import type { AwsPrices } from "../../prices/aws-prices.js";
import { awsPricesSchema } from "../../prices/aws-prices-schema.js";

/** What is taken where no run has measured it. What is given here counts more than what was measured. */
export interface EstimateAssumptions {
  /** Of a volume's size, what holds data: 0 to 1. Default: 0.6. */
  readonly dataShare?: number | undefined;
  /** Of that data, what changes in a day: 0 to 1. Default: 0.03. */
  readonly dailyChange?: number | undefined;
  /** What new data takes in the repository, of its size: compressed, without what is there already. Default: 0.5. */
  readonly storedShare?: number | undefined;
  /** Of what a point added, what comes free when it is removed, once it is collected: 0 to 1. Default: 0.5. */
  readonly freedShare?: number | undefined;
  /** Of what changes in a run, what had changed since the last copy into the archive already: 0 to 1. Default: 0.5. */
  readonly repeatedShare?: number | undefined;
  /** Runs in a day of a policy without a schedule. Default: 1. */
  readonly runsPerDay?: number | undefined;
  /** A worker's pace. Default: 200. */
  readonly workerMibPerSecond?: number | undefined;
  /** What a worker's start and end add to each volume. Default: 2. */
  readonly workerStartMinutes?: number | undefined;
  /** GB that are restored to volumes in a month, for PutSnapshotBlock. Default: 0. */
  readonly restoredGbPerMonth?: number | undefined;
}

/** What an estimate is of, and what it goes by. */
export interface EstimateOptions extends CallOptions {
  /** 1 to 60. Default: 12. */
  readonly months?: number | undefined;
  /** Runs that are measured are those of so many days: 1 to 3,650. Default: 30. */
  readonly historyDays?: number | undefined;
  /** Of regions whose list prices are not yours. */
  readonly prices?: readonly AwsPrices[] | undefined;
  readonly assumptions?: EstimateAssumptions | undefined;
}

const numberOf = (least: number, most: number): z.ZodOptional<z.ZodNumber> => {
  const text = `must be a number from ${String(least)} to ${String(most)}.`;
  return z.number({ error: text }).min(least, text).max(most, text).optional();
};
const whole = (least: number, most: number, otherwise: number): z.ZodDefault<z.ZodInt> => {
  const text = `must be a whole number from ${String(least)} to ${String(most)}.`;
  return z.int({ error: text }).min(least, text).max(most, text).default(otherwise);
};

const schema = z.strictObject({
  months: whole(1, 60, 12),
  historyDays: whole(1, 3_650, 30),
  prices: z.array(awsPricesSchema, { error: "must be a list of prices, one for each region." }).default([]),
  assumptions: z
    .strictObject({
      dataShare: numberOf(0, 1),
      dailyChange: numberOf(0, 1),
      storedShare: numberOf(0, 2),
      freedShare: numberOf(0, 1),
      repeatedShare: numberOf(0, 1),
      runsPerDay: numberOf(0, 96),
      workerMibPerSecond: numberOf(0.001, 100_000),
      workerStartMinutes: numberOf(0, 1_440),
      restoredGbPerMonth: numberOf(0, 1e9),
    })
    .default({}),
  signal: signalSchema,
});

export type ResolvedEstimateOptions = z.infer<typeof schema>;

/** Fills in the defaults; raises `ConfigurationError` naming the path. */
export function resolveEstimateOptions(options: EstimateOptions): ResolvedEstimateOptions {
  return checkOptions<ResolvedEstimateOptions>(options, { of: "an estimate", schema });
}
