import type { ThawTier } from "./storage-classes.js";

/** What making archived data readable costs, in US dollars. */
export interface ThawPrice {
  readonly perThousandRequests: number;
  /** A GB is 2^30 bytes, as in AWS's bills. */
  readonly perGb: number;
}

/** What one storage class costs, in US dollars. */
export interface StorageClassPrices {
  readonly perGbMonth: number;
  readonly perThousandPuts: number;
  readonly perThousandGets: number;
  /** What reading data costs, in classes that are read at once. */
  readonly perGbRead: number;
  readonly thaw?: { readonly [Tier in ThawTier]?: ThawPrice | undefined } | undefined;
  /** What S3 keeps for each object on top, and is paid for: bytes at this class's price, and bytes at that of STANDARD. */
  readonly overheadBytes?: { readonly own: number; readonly standard: number } | undefined;
}

/** Prices of S3 in one region. JSON: give your own where these are not yours. */
export interface S3Prices {
  readonly region: string;
  /** The month in which they were noted, `YYYY-MM`. */
  readonly asOf: string;
  readonly currency: "USD";
  readonly classes: Readonly<Record<string, StorageClassPrices>>;
}

const archiveOverhead = { own: 32 * 1024, standard: 8 * 1024 } as const;

/**
 * List prices of us-east-1, the first tier of each, without free amounts or discounts. Source: https://aws.amazon.com/s3/pricing/.
 * Other regions cost up to twice as much: an estimate, no bill.
 */
export const usEast1Prices: S3Prices = {
  region: "us-east-1",
  asOf: "2025-01",
  currency: "USD",
  classes: {
    STANDARD: { perGbMonth: 0.023, perThousandPuts: 0.005, perThousandGets: 0.0004, perGbRead: 0 },
    INTELLIGENT_TIERING: { perGbMonth: 0.023, perThousandPuts: 0.005, perThousandGets: 0.0004, perGbRead: 0 },
    STANDARD_IA: { perGbMonth: 0.0125, perThousandPuts: 0.01, perThousandGets: 0.001, perGbRead: 0.01 },
    ONEZONE_IA: { perGbMonth: 0.01, perThousandPuts: 0.01, perThousandGets: 0.001, perGbRead: 0.01 },
    GLACIER_IR: { perGbMonth: 0.004, perThousandPuts: 0.02, perThousandGets: 0.01, perGbRead: 0.03 },
    GLACIER: {
      perGbMonth: 0.0036,
      perThousandPuts: 0.03,
      perThousandGets: 0.0004,
      perGbRead: 0,
      thaw: { expedited: { perThousandRequests: 10, perGb: 0.03 }, standard: { perThousandRequests: 0.05, perGb: 0.01 }, bulk: { perThousandRequests: 0, perGb: 0 } },
      overheadBytes: archiveOverhead,
    },
    DEEP_ARCHIVE: {
      perGbMonth: 0.00099,
      perThousandPuts: 0.05,
      perThousandGets: 0.0004,
      perGbRead: 0,
      thaw: { standard: { perThousandRequests: 0.1, perGb: 0.02 }, bulk: { perThousandRequests: 0.025, perGb: 0.0025 } },
      overheadBytes: archiveOverhead,
    },
  },
};

/** A GB of AWS's bills. */
export const gbBytes = 2 ** 30;

/** So many objects of a class, and their bytes. */
export interface StoredAmount {
  readonly objects: number;
  readonly bytes: number;
}

/** What storing them costs a month; `undefined` where the prices do not know the class. */
export function storagePerMonth(prices: S3Prices, storageClass: string, { objects, bytes }: StoredAmount): number | undefined {
  const price = prices.classes[storageClass];
  if (price === undefined) return undefined;
  const { own, standard } = price.overheadBytes ?? { own: 0, standard: 0 };
  const ofStandard = standard === 0 ? 0 : prices.classes["STANDARD"]?.perGbMonth;
  if (ofStandard === undefined) return undefined;
  return ((bytes + objects * own) * price.perGbMonth + objects * standard * ofStandard) / gbBytes;
}

/** What putting so many objects costs, once; `undefined` where the prices do not know the class. */
export function putCost(prices: S3Prices, storageClass: string, objects: number): number | undefined {
  const price = prices.classes[storageClass];
  return price === undefined ? undefined : (objects * price.perThousandPuts) / 1_000;
}
