import { usEast1Prices, type S3Prices } from "./s3-prices.js";

/** What AWS charges in one region, in US dollars. JSON: give your own where these are not yours. */
export interface AwsPrices {
  readonly region: string;
  /** The month in which they were noted, `YYYY-MM`. */
  readonly asOf: string;
  readonly currency: "USD";
  readonly s3: S3Prices;
  /** EBS snapshots, standard tier. A GB is 2^30 bytes, here as everywhere. */
  readonly snapshots: { readonly perGbMonth: number };
  /** EBS direct: by listing (ListSnapshotBlocks, ListChangedBlocks), and by block of 512 KiB (GetSnapshotBlock, PutSnapshotBlock). */
  readonly ebsDirect: { readonly perThousandLists: number; readonly perThousandGets: number; readonly perThousandPuts: number };
  /** Data that leaves for another region: to those named, and to all others. */
  readonly transfer: { readonly perGb: number; readonly to?: Readonly<Record<string, number>> | undefined };
  /** EC2 on demand, Linux, by the hour: the types that workers have by default, and those that you add. */
  readonly instances: Readonly<Record<string, number>>;
  /** An interface endpoint, by the hour in each zone, and by what goes through it. */
  readonly endpoints: { readonly perHour: number; readonly perGb: number };
  readonly kms: { readonly perTenThousandRequests: number };
}

const asOf = "2025-01";
const snapshots = { perGbMonth: 0.05 };
const ebsDirect = { perThousandLists: 0.0006, perThousandGets: 0.003, perThousandPuts: 0.006 };
const kms = { perTenThousandRequests: 0.03 };
const usInstances = { "c5.large": 0.085, "c5.2xlarge": 0.34, "c5.4xlarge": 0.68, "c7g.large": 0.0725, "c7g.2xlarge": 0.29, "c7g.4xlarge": 0.58 };

/**
 * List prices, the first tier of each, without free amounts, discounts and taxes, noted by hand: an estimate, no bill. Sources: https://aws.amazon.com/ebs/pricing/,
 * /s3/pricing/, /ec2/pricing/on-demand/, /privatelink/pricing/, /kms/pricing/. Where a region is not among them, those of us-east-1 stand in, and the estimate says so.
 */
export const awsListPrices: readonly AwsPrices[] = [
  { region: "us-east-1", asOf, currency: "USD", s3: usEast1Prices, snapshots, ebsDirect, transfer: { perGb: 0.02, to: { "us-east-2": 0.01 } }, instances: usInstances, endpoints: { perHour: 0.01, perGb: 0.01 }, kms },
  { region: "us-west-2", asOf, currency: "USD", s3: { ...usEast1Prices, region: "us-west-2" }, snapshots, ebsDirect, transfer: { perGb: 0.02 }, instances: usInstances, endpoints: { perHour: 0.01, perGb: 0.01 }, kms },
  {
    region: "eu-west-1",
    asOf,
    currency: "USD",
    s3: { ...usEast1Prices, region: "eu-west-1" },
    snapshots,
    ebsDirect,
    transfer: { perGb: 0.02 },
    instances: { "c5.large": 0.096, "c5.2xlarge": 0.384, "c5.4xlarge": 0.768 },
    endpoints: { perHour: 0.011, perGb: 0.01 },
    kms,
  },
];

/** Where prices of a region are missing, these stand in. */
export const standInRegion = "us-east-1";

/** The prices of a region: those given, or the list's, or those of us-east-1 in their stead (`isStandIn`). */
export function pricesOf(region: string, given: readonly AwsPrices[] = []): { readonly prices: AwsPrices; readonly isStandIn: boolean } {
  const found = [...given, ...awsListPrices].find((prices) => prices.region === region);
  if (found !== undefined) return { prices: found, isStandIn: false };
  const standIn = [...given, ...awsListPrices].find((prices) => prices.region === standInRegion);
  if (standIn === undefined) throw new TypeError("The list of prices has lost its first region.");
  return { prices: standIn, isStandIn: true };
}
