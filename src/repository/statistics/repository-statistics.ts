import type { StoredAmount } from "../../prices/s3-prices.js";

/** One restore point in numbers. JSON. */
export interface PointStatistics {
  readonly point: string;
  readonly resource: string;
  readonly createdAt: string;
  readonly volumes: number;
  /** The volumes' sizes. */
  readonly volumeBytes: number;
  /** Of those, what holds data: blocks with more than zeros, uncompressed. */
  readonly dataBytes: number;
  /** Blocks that this point brought into the repository. */
  readonly addedBlocks: number;
  /** What they take there, compressed and sealed. */
  readonly addedBytes: number;
  /** Bytes of data packs that no other point reaches, where asked for: about what removing the point frees. */
  readonly exclusiveBytes?: number | undefined;
}

/** One resource in numbers. JSON. */
export interface ResourceStatistics {
  readonly resource: string;
  readonly points: number;
  readonly oldestAt: string;
  readonly newestAt: string;
  /** Of the newest point. */
  readonly volumeBytes: number;
  readonly dataBytes: number;
  /** Of all points together: what as many full backups would hold. */
  readonly allDataBytes: number;
  readonly addedBlocks: number;
  readonly addedBytes: number;
}

/** What the points of one day or month added. JSON. */
export interface GrowthStatistics {
  /** `YYYY-MM-DD` or `YYYY-MM`, in UTC. */
  readonly period: string;
  readonly points: number;
  readonly addedBlocks: number;
  readonly addedBytes: number;
  /** From the first period up to this one. */
  readonly totalAddedBytes: number;
}

/** What lies in the store, by kind. JSON. */
export interface StoredStatistics {
  readonly dataPacks: StoredAmount;
  /** Pages of block maps. */
  readonly metaPacks: StoredAmount;
  readonly records: StoredAmount;
  readonly groups: StoredAmount;
  readonly index: StoredAmount;
  /** Leases, collections, keys, warm directories and the like. */
  readonly others: StoredAmount;
  readonly total: StoredAmount;
}

/** A repository in numbers. JSON. */
export interface RepositoryStatistics {
  readonly repository: string;
  readonly location: string;
  readonly at: string;
  readonly points: readonly PointStatistics[];
  readonly resources: readonly ResourceStatistics[];
  readonly byDay: readonly GrowthStatistics[];
  readonly byMonth: readonly GrowthStatistics[];
  /** Of all points together: volumes' sizes, and what of them holds data. */
  readonly logical: { readonly volumeBytes: number; readonly dataBytes: number };
  /** What the repository stores as a whole; absent where one resource was asked for. */
  readonly whole?: WholeStatistics | undefined;
}

/** What the repository stores as a whole. JSON. */
export interface WholeStatistics {
  readonly stored: StoredStatistics;
  /**
   * Blocks in the data packs, each stored once. Exact where all packs are those of the points there are (`isExact`); where
   * points were removed or runs died, their number follows from the packs' bytes and what a block takes on average.
   */
  readonly unique: { readonly blocks: number; readonly bytes: number; readonly isExact: boolean };
  /** How often stored data stands for itself: by deduplication, by compression, and both (data of all points / all that is stored). Absent where nothing is stored. */
  readonly ratio?: { readonly deduplication: number; readonly compression: number; readonly total: number } | undefined;
  /** In US dollars; absent where the store has no prices: a directory, or a class that the prices do not name. */
  readonly cost?:
    | {
        readonly perMonth: number;
        /** What putting all that is there cost once. */
        readonly puts: number;
        readonly dataClass: string;
        readonly region: string;
        readonly asOf: string;
      }
    | undefined;
}
