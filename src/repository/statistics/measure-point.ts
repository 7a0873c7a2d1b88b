import { blockSizeBytes } from "../../ports/index.js";
import type { BlockMap } from "../map/block-map.js";
import type { RestorePoint } from "../points/restore-point.js";
import type { SignalOptions } from "../repository-context.js";
import type { PointStatistics } from "./repository-statistics.js";

/** A point in numbers, with the maps that tell what it reaches. */
export interface MeasuredPoint {
  readonly statistics: PointStatistics;
  readonly maps: readonly BlockMap[];
}

/** Reads each volume's record and the root of its map. */
export async function measurePoint(point: RestorePoint, { signal }: SignalOptions): Promise<MeasuredPoint> {
  let [volumeBytes, dataBytes, addedBlocks, addedBytes] = [0, 0, 0, 0];
  const maps: BlockMap[] = [];
  for (const { volumeId } of point.volumes) {
    const { map, counts } = await point.measure(volumeId, { signal });
    maps.push(map);
    volumeBytes += map.root.volumeSizeBytes;
    dataBytes += map.root.presentBlocks * blockSizeBytes;
    addedBlocks += counts.storedBlocks;
    addedBytes += counts.storedBytes;
  }
  return {
    statistics: { point: point.id, resource: point.resource, createdAt: point.createdAt.toISOString(), volumes: point.volumes.length, volumeBytes, dataBytes, addedBlocks, addedBytes },
    maps,
  };
}
