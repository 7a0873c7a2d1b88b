import type { GrowthStatistics, PointStatistics, ResourceStatistics } from "./repository-statistics.js";

type Growing<T> = { -readonly [Name in keyof T]: T[Name] };

/** How a repository grew, by the points' own times in UTC; `digits` of ISO 8601 name a period: 10 a day, 7 a month. */
export function growthBy(digits: 10 | 7, points: readonly PointStatistics[]): GrowthStatistics[] {
  const periods = new Map<string, Growing<GrowthStatistics>>();
  for (const { createdAt, addedBlocks, addedBytes } of points) {
    const period = createdAt.slice(0, digits);
    const growth = periods.get(period) ?? { period, points: 0, addedBlocks: 0, addedBytes: 0, totalAddedBytes: 0 };
    growth.points++;
    growth.addedBlocks += addedBlocks;
    growth.addedBytes += addedBytes;
    periods.set(period, growth);
  }
  let totalAddedBytes = 0;
  return [...periods.values()]
    .sort((a, b) => (a.period < b.period ? -1 : 1))
    .map((growth) => {
      totalAddedBytes += growth.addedBytes;
      return { ...growth, totalAddedBytes };
    });
}

/** The points of each resource together. */
export function byResource(points: readonly PointStatistics[]): ResourceStatistics[] {
  const resources = new Map<string, Growing<ResourceStatistics>>();
  for (const { resource, createdAt, volumeBytes, dataBytes, addedBlocks, addedBytes } of points) {
    const known = resources.get(resource);
    if (known === undefined) {
      resources.set(resource, { resource, points: 1, oldestAt: createdAt, newestAt: createdAt, volumeBytes, dataBytes, allDataBytes: dataBytes, addedBlocks, addedBytes });
      continue;
    }
    known.points++;
    known.allDataBytes += dataBytes;
    known.addedBlocks += addedBlocks;
    known.addedBytes += addedBytes;
    if (createdAt < known.oldestAt) known.oldestAt = createdAt;
    if (createdAt < known.newestAt) continue;
    Object.assign(known, { newestAt: createdAt, volumeBytes, dataBytes });
  }
  return [...resources.values()];
}
