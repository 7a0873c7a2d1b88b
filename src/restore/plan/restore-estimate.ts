import { blockSizeBytes } from "../../ports/index.js";
import { pricesOf } from "../../prices/aws-prices.js";
import { gbBytes } from "../../prices/s3-prices.js";
import type { PlannedWrites } from "./planned-writes.js";

/** Costs and times as estimates, in US dollars and seconds, with what they assume. JSON. */
export interface RestoreEstimate {
  readonly currency: "USD";
  /** Whether cost and time are at most these: what differs from what is there now, the restore alone finds out. */
  readonly isAtMost: boolean;
  /** Of the restore itself: EBS direct writes and reads, and reads of the repository. */
  readonly restoreCost: number;
  readonly seconds: number;
  /** Where they are bounds: the same of what is known to differ by the restore points alone. */
  readonly known?: { readonly restoreCost: number; readonly seconds: number } | undefined;
  readonly assumptions: readonly string[];
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
export function estimateRestore(writes: readonly PlannedWrites[], { region, storageClass = "STANDARD", steps }: EstimatedRestore): RestoreEstimate {
  const { prices, isStandIn } = pricesOf(region);
  const { perThousandPuts, perThousandGets } = prices.ebsDirect;
  const ofClass = prices.s3.classes[storageClass];
  const estimate = (parts: readonly EstimatedPart[]): { readonly restoreCost: number; readonly seconds: number } => {
    const sum = (of: (part: EstimatedPart) => number): number => parts.reduce((total, part) => total + of(part), 0);
    const blocksRead = sum((part) => part.blocksRead ?? 0);
    const blocks = sum((part) => part.blocks);
    const reading = ofClass === undefined ? 0 : (sum(({ storeReads }) => storeReads) * ofClass.perThousandGets) / 1_000 + (sum(({ storeBytes }) => storeBytes) * ofClass.perGbRead) / gbBytes;
    const cost = (blocks * perThousandPuts) / 1_000 + (blocksRead * perThousandGets) / 1_000 + reading;
    return { restoreCost: Math.round(cost * 1e4) / 1e4, seconds: Math.round(steps.seconds + ((blocks + blocksRead) * blockSizeBytes) / bytesPerSecond) };
  };
  const isAtMost = writes.some((one) => one.isAtMost);
  const known = writes.every((one) => !one.isAtMost || one.known !== undefined) ? writes.map((one) => one.known ?? one) : undefined;
  const reads = writes.some(({ blocksRead }) => blocksRead > 0) ? `, $${String(perThousandGets)} for 1,000 read` : "";
  return {
    currency: "USD",
    isAtMost,
    ...estimate(writes),
    ...(isAtMost && known !== undefined && { known: estimate(known) }),
    assumptions: [
      `list prices of ${prices.region}${isStandIn ? `, for want of those of ${region},` : ""} of ${prices.asOf}: $${String(perThousandPuts)} for 1,000 blocks written through EBS direct${reads}, ${ofClass === undefined ? `nothing for reads, for no price of ${storageClass} is known` : `$${String(ofClass.perThousandGets)} for 1,000 reads of S3 ${storageClass}`}`,
      `100 MiB of data a second, and ${String(steps.seconds / 60)} minutes for ${steps.what}`,
      ...(isAtMost ? ["at most: as if every block of what is written over were another, and every block of what is compared held data, for what is there now the restore alone finds out"] : []),
      "without traffic between regions, thawing of archives, the workers and what is paid for what was made as long as it is there",
    ],
  };
}

/** What costs and takes time in what is written. */
type EstimatedPart = Pick<PlannedWrites, "blocks" | "storeReads" | "storeBytes"> & Partial<Pick<PlannedWrites, "blocksRead">>;
