import * as z from "zod";
import type { S3Prices } from "./s3-prices.js";

const amount = z.number().min(0);
const thawPrice = z.strictObject({ perThousandRequests: amount, perGb: amount });

/** Prices as an option. */
export const pricesSchema: z.ZodType<S3Prices> = z.strictObject({
  region: z.string(),
  asOf: z.string(),
  currency: z.literal("USD"),
  classes: z.record(
    z.string(),
    z.strictObject({
      perGbMonth: amount,
      perThousandPuts: amount,
      perThousandGets: amount,
      perGbRead: amount,
      thaw: z.strictObject({ expedited: thawPrice.optional(), standard: thawPrice.optional(), bulk: thawPrice.optional() }).optional(),
      overheadBytes: z.strictObject({ own: amount, standard: amount }).optional(),
    }),
  ),
});
