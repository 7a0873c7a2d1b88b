import * as z from "zod";
import type { AwsPrices } from "./aws-prices.js";
import { pricesSchema } from "./prices-schema.js";

const amount = z.number().min(0);

/** Prices of a region as an option. */
export const awsPricesSchema: z.ZodType<AwsPrices> = z.strictObject({
  region: z.string(),
  asOf: z.string(),
  currency: z.literal("USD"),
  s3: pricesSchema,
  snapshots: z.strictObject({ perGbMonth: amount }),
  ebsDirect: z.strictObject({ perThousandLists: amount, perThousandGets: amount, perThousandPuts: amount }),
  transfer: z.strictObject({ perGb: amount, to: z.record(z.string(), amount).optional() }),
  instances: z.record(z.string(), amount),
  endpoints: z.strictObject({ perHour: amount, perGb: amount }),
  kms: z.strictObject({ perTenThousandRequests: amount }),
});
