import { blockSizeBytes } from "../../ports/index.js";
import { gbBytes, type S3Prices } from "../../prices/s3-prices.js";
import { isArchiveClass, storageClasses, type ThawTier } from "../../prices/storage-classes.js";
import type { PackAmount } from "../pack/pack-amount.js";
import type { RestorePoint } from "../points/restore-point.js";
import type { RepositoryContext } from "../repository-context.js";
import { pointPacks, type PackState } from "./point-packs.js";
import { resolvePlanThawOptions, type PlanThawOptions } from "./thaw-options.js";

/** How long thawing takes and what it costs, in US dollars, by one tier. JSON. */
export interface ThawTierPlan {
  readonly tier: ThawTier;
  /** Typically done within so many hours. */
  readonly hours: number;
  readonly cost: { readonly requests: number; readonly retrieval: number; /** The thawed copies, kept in STANDARD for the days asked for. */ readonly copies: number; readonly total: number } | undefined;
}

/** What has to be thawed before a restore point can be read. JSON. */
export interface ThawPlan {
  readonly restorePoint: string;
  readonly volumes: readonly string[];
  readonly storageClass: string | undefined;
  /** All that a restore reads: uncompressed data, and the data packs that hold it. */
  readonly dataBytes: number;
  readonly needed: PackAmount;
  /** Of those, readable now; being thawed; to be asked for. */
  readonly readable: PackAmount;
  readonly thawing: PackAmount;
  readonly archived: PackAmount;
  readonly days: number;
  /** By tier; none where nothing has to be thawed. */
  readonly tiers: readonly ThawTierPlan[];
  /** The prices reckoned with. */
  readonly prices: { readonly region: string; readonly asOf: string };
  /** Every pack that the restore reads. */
  readonly packs: readonly PackState[];
}

/** Says what a restore of the point needs and how it can be had. Reads the map's upper pages and asks for each pack; changes nothing. */
export async function planThaw(context: RepositoryContext, openPoint: (signal: AbortSignal | undefined) => Promise<RestorePoint>, options: PlanThawOptions): Promise<ThawPlan> {
  const { volume, days, prices, signal } = resolvePlanThawOptions(options);
  const point = await openPoint(signal);
  const volumes = volume === undefined ? point.volumes.map(({ volumeId }) => volumeId) : [volume];
  const maps = [];
  for (const volumeId of volumes) maps.push(await point.blockMap(volumeId, { signal }));
  const packs: PackState[] = [];
  for await (const pack of pointPacks(context.store, maps, { signal })) packs.push(pack);
  const amount = (state?: PackState["state"]): PackAmount => {
    const chosen = packs.filter((pack) => state === undefined || pack.state === state);
    return { packs: chosen.length, bytes: chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  };
  const archived = amount("archived");
  const { storageClass } = context.store;
  return {
    restorePoint: point.id,
    volumes,
    storageClass,
    dataBytes: maps.reduce((sum, { root }) => sum + root.presentBlocks * blockSizeBytes, 0),
    needed: amount(),
    readable: amount("readable"),
    thawing: amount("thawing"),
    archived,
    days,
    tiers: archived.packs === 0 ? [] : tierPlans(isArchiveClass(storageClass) ? storageClass : undefined, archived, days, prices),
    prices: { region: prices.region, asOf: prices.asOf },
    packs,
  };
}

/** A month of S3's bills, on average. */
const daysPerMonth = 365 / 12;

/** Where a rule of the bucket archived the packs, their class is not known here: that of Flexible Retrieval, which is the usual one, is reckoned with. */
function tierPlans(storageClass = "GLACIER", { packs, bytes }: PackAmount, days: number, prices: S3Prices): ThawTierPlan[] {
  const hoursByTier = storageClasses[storageClass]?.thawHours ?? {};
  const standard = prices.classes["STANDARD"];
  return (["expedited", "standard", "bulk"] as const).flatMap((tier): ThawTierPlan[] => {
    const hours = hoursByTier[tier];
    if (hours === undefined) return [];
    const price = prices.classes[storageClass]?.thaw?.[tier];
    if (price === undefined || standard === undefined) return [{ tier, hours, cost: undefined }];
    const requests = (packs * price.perThousandRequests) / 1_000;
    const retrieval = (bytes / gbBytes) * price.perGb;
    const copies = (bytes / gbBytes) * standard.perGbMonth * (days / daysPerMonth);
    return [{ tier, hours, cost: { requests, retrieval, copies, total: requests + retrieval + copies } }];
  });
}
