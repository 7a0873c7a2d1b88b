/** What EBS direct refuses and how long it takes; each can be changed to try how a client copes. */
export interface EbsLimits {
  /** GetSnapshotBlock calls a second for an account in a region (default 1,000). */
  readonly getBlocksPerSecond?: number | undefined;
  /** GetSnapshotBlock calls a second for a snapshot (default 1,000). */
  readonly getBlocksPerSecondPerSnapshot?: number | undefined;
  /** PutSnapshotBlock calls a second for an account in a region (default 1,000). */
  readonly putBlocksPerSecond?: number | undefined;
  /** PutSnapshotBlock calls a second for a snapshot (default 1,000). */
  readonly putBlocksPerSecondPerSnapshot?: number | undefined;
  /** ListSnapshotBlocks calls a second, and as many of ListChangedBlocks, for an account in a region (default 50). */
  readonly listsPerSecond?: number | undefined;
  /** StartSnapshot calls a second for an account in a region (default 10). */
  readonly startsPerSecond?: number | undefined;
  /** CompleteSnapshot calls a second for an account in a region (default 10). */
  readonly completionsPerSecond?: number | undefined;
  /** Pending snapshots that an account may be writing in a region (default 100). */
  readonly pendingSnapshots?: number | undefined;
  /** Milliseconds after StartSnapshot in which PutSnapshotBlock does not find the snapshot yet (default 100; AWS: up to two minutes). */
  readonly visibleAfterMs?: number | undefined;
  /** The share of listing pages that are short or empty although more follows, 0 to 1 (default 0.1). */
  readonly shortPages?: number | undefined;
}

export type ResolvedEbsLimits = { readonly [Key in keyof EbsLimits]-?: number };

/** The quotas that AWS gives: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const defaults: ResolvedEbsLimits = {
  getBlocksPerSecond: 1_000,
  getBlocksPerSecondPerSnapshot: 1_000,
  putBlocksPerSecond: 1_000,
  putBlocksPerSecondPerSnapshot: 1_000,
  listsPerSecond: 50,
  startsPerSecond: 10,
  completionsPerSecond: 10,
  pendingSnapshots: 100,
  visibleAfterMs: 100,
  shortPages: 0.1,
};

const unlimited = Number.POSITIVE_INFINITY;

/** No rate is limited; everything else is as strict as ever. */
export const withoutRates: EbsLimits = {
  getBlocksPerSecond: unlimited,
  getBlocksPerSecondPerSnapshot: unlimited,
  putBlocksPerSecond: unlimited,
  putBlocksPerSecondPerSnapshot: unlimited,
  listsPerSecond: unlimited,
  startsPerSecond: unlimited,
  completionsPerSecond: unlimited,
};

export function resolveEbsLimits(limits: EbsLimits = {}): ResolvedEbsLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}
