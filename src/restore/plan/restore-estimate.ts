import { pricesOf } from "../../prices/aws-prices.js";
import { gbBytes } from "../../prices/s3-prices.js";

/** Costs and times as estimates, in US dollars and seconds, with what they assume. JSON. */
export interface RestoreEstimate {
  readonly currency: "USD";
  /** Of the restore itself: EBS direct writes and reads of the repository. */
  readonly restoreCost: number;
  readonly seconds: number;
  readonly assumptions: readonly string[];
}

/** What is read and written of one volume. */
export interface EstimatedSource {
  readonly blocks: number;
  readonly dataBytes: number;
  readonly storeReads: number;
  readonly storeBytes: number;
}

/** Where it is restored, from which class of storage, and what comes after the data. */
export interface EstimatedRestore {
  readonly region: string;
  readonly storageClass: string | undefined;
  readonly steps: { readonly seconds: number; readonly what: string };
}

/** A cautious rate of one process: PutSnapshotBlock takes 1,000 blocks a second of an account, which few machines reach. */
const bytesPerSecond = 100 * 2 ** 20;

/** What a restore costs and how long it takes, roughly, by the one list of prices (src/prices). */
export function estimateRestore(sources: readonly EstimatedSource[], { region, storageClass = "STANDARD", steps }: EstimatedRestore): RestoreEstimate {
  const sum = (of: (source: EstimatedSource) => number): number => sources.reduce((total, source) => total + of(source), 0);
  const { prices, isStandIn } = pricesOf(region);
  const { perThousandPuts } = prices.ebsDirect;
  const ofClass = prices.s3.classes[storageClass];
  const reading = ofClass === undefined ? 0 : (sum(({ storeReads }) => storeReads) * ofClass.perThousandGets) / 1_000 + (sum(({ storeBytes }) => storeBytes) * ofClass.perGbRead) / gbBytes;
  const cost = (sum(({ blocks }) => blocks) * perThousandPuts) / 1_000 + reading;
  return {
    currency: "USD",
    restoreCost: Math.round(cost * 1e4) / 1e4,
    seconds: Math.round(steps.seconds + sum(({ dataBytes }) => dataBytes) / bytesPerSecond),
    assumptions: [
      `list prices of ${prices.region}${isStandIn ? `, for want of those of ${region},` : ""} of ${prices.asOf}: $${String(perThousandPuts)} for 1,000 blocks written through EBS direct, ${ofClass === undefined ? `nothing for reads, for no price of ${storageClass} is known` : `$${String(ofClass.perThousandGets)} for 1,000 reads of S3 ${storageClass}`}`,
      `100 MiB of data a second, and ${String(steps.seconds / 60)} minutes for ${steps.what}`,
      "without traffic between regions, thawing of archives, the workers and what is paid for what was made as long as it is there",
    ],
  };
}
