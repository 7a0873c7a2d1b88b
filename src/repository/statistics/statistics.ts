import { blockSizeBytes } from "../../ports/index.js";
import { putCost, storagePerMonth, type S3Prices } from "../../prices/s3-prices.js";
import { printable } from "../../printing/printable.js";
import { directoryEntryBytes, packTrailerBytes } from "../format/pack-directory.js";
import { listRestorePoints } from "../points/list-restore-points.js";
import type { RepositoryContext } from "../repository-context.js";
import { ExclusivePacks } from "./exclusive-bytes.js";
import { byResource, growthBy } from "./growth.js";
import { measurePoint } from "./measure-point.js";
import { printStatistics } from "./print-statistics.js";
import type { PointStatistics, RepositoryStatistics, StoredStatistics, WholeStatistics } from "./repository-statistics.js";
import { resolveStatisticsOptions, type StatisticsOptions } from "./statistics-options.js";
import { storedAmounts } from "./stored-amounts.js";

/** Counts what a repository holds: by a listing, and each point's group, records and roots. Reads no leaf and no data. */
export async function measureRepository(context: RepositoryContext, options: StatisticsOptions): Promise<RepositoryStatistics> {
  const { resource, exclusive, prices, signal } = resolveStatisticsOptions(options);
  const points: PointStatistics[] = [];
  const exclusivePacks = exclusive ? new ExclusivePacks() : undefined;
  for await (const point of listRestorePoints(context, { resource, signal })) {
    const { statistics, maps } = await measurePoint(point, { signal });
    await exclusivePacks?.add(points.length, maps, { signal });
    points.push(statistics);
  }
  const exclusiveBytes = exclusivePacks?.bytes();
  const sum = (value: (point: PointStatistics) => number): number => points.reduce((total, point) => total + value(point), 0);
  const logical = { volumeBytes: sum(({ volumeBytes }) => volumeBytes), dataBytes: sum(({ dataBytes }) => dataBytes) };
  const added = { blocks: sum(({ addedBlocks }) => addedBlocks), bytes: sum(({ addedBytes }) => addedBytes) };
  return printable<RepositoryStatistics>({
    repository: context.keys.repositoryId.toString("hex"),
    location: context.store.location,
    at: context.clock.now().toISOString(),
    points: exclusiveBytes === undefined ? points : points.map((point, number) => ({ ...point, exclusiveBytes: exclusiveBytes.get(number) ?? 0 })),
    resources: byResource(points),
    byDay: growthBy(10, points),
    byMonth: growthBy(7, points),
    logical,
    ...(resource === undefined && { whole: measureWhole(await storedAmounts(context, { signal }), { dataBytes: logical.dataBytes, added, storageClass: context.store.storageClass, prices }) }),
  }, printStatistics);
}

interface WholeFacts {
  readonly dataBytes: number;
  readonly added: { readonly blocks: number; readonly bytes: number };
  readonly storageClass: string | undefined;
  readonly prices: S3Prices;
}

function measureWhole(stored: StoredStatistics, { dataBytes, added, storageClass, prices }: WholeFacts): WholeStatistics {
  const unique = uniqueBlocks(stored.dataPacks, added);
  const cost = storageClass === undefined ? undefined : costOf(stored, storageClass, prices);
  return {
    stored,
    unique,
    ...(unique.bytes > 0 && { ratio: { deduplication: dataBytes / unique.bytes, compression: unique.bytes / stored.dataPacks.bytes, total: dataBytes / stored.total.bytes } }),
    ...(cost !== undefined && { cost }),
  };
}

/** What a pack has beside its frames and the entries of its directory: the directory's nonce and tag, and the trailer. */
const packOverheadBytes = 28 + packTrailerBytes;

/** From the packs' bytes: each block takes its frame and its entry in a directory, each pack its own few bytes. */
function uniqueBlocks({ objects, bytes }: StoredStatistics["dataPacks"], added: WholeFacts["added"]): WholeStatistics["unique"] {
  const ofBlocks = bytes - objects * packOverheadBytes;
  const perBlock = added.blocks === 0 ? blockSizeBytes : added.bytes / added.blocks;
  const blocks = Math.max(0, Math.round(ofBlocks / (perBlock + directoryEntryBytes)));
  return { blocks, bytes: blocks * blockSizeBytes, isExact: ofBlocks === added.bytes + added.blocks * directoryEntryBytes };
}

/** Data packs lie in the store's class, all else in STANDARD. */
function costOf({ dataPacks, total }: StoredStatistics, dataClass: string, prices: S3Prices): WholeStatistics["cost"] {
  const hot = { objects: total.objects - dataPacks.objects, bytes: total.bytes - dataPacks.bytes };
  const storage = [storagePerMonth(prices, dataClass, dataPacks), storagePerMonth(prices, "STANDARD", hot)];
  const puts = [putCost(prices, dataClass, dataPacks.objects), putCost(prices, "STANDARD", hot.objects)];
  const add = ([ofData, ofRest]: readonly (number | undefined)[]): number | undefined => (ofData === undefined || ofRest === undefined ? undefined : ofData + ofRest);
  const [perMonth, once] = [add(storage), add(puts)];
  return perMonth === undefined || once === undefined ? undefined : { perMonth, puts: once, dataClass, region: prices.region, asOf: prices.asOf };
}
