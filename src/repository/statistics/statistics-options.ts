import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import { pricesSchema } from "../../prices/prices-schema.js";
import { usEast1Prices, type S3Prices } from "../../prices/s3-prices.js";

/** What is counted. */
export interface StatisticsOptions {
  /** Only this resource's points: `<account>/<region>/<id>`. What the repository stores as a whole is left out then. */
  readonly resource?: string | undefined;
  /**
   * Says for each point which bytes only it reaches: what removing it would free. Reads every point's list of packs, and
   * remembers about 150 bytes a pack. Without `resource` only, for other resources may share its packs.
   */
  readonly exclusive?: boolean | undefined;
  /** The prices that costs are reckoned with: list prices of us-east-1 by default. */
  readonly prices?: S3Prices | undefined;
  readonly signal?: AbortSignal | undefined;
}

const schema = z
  .strictObject({ resource: z.string({ error: "must be a resource, `<account>/<region>/<id>`." }).optional(), exclusive: truth.default(false), prices: pricesSchema.default(usEast1Prices), signal: signalSchema })
  .refine(({ resource, exclusive }) => !(exclusive && resource !== undefined), { path: ["exclusive"], message: "is not told for one resource: others may share its packs." });

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolveStatisticsOptions(options: StatisticsOptions): z.infer<typeof schema> {
  return checkOptions(options, { of: "statistics", schema });
}
