import { levelEntries, type IndexLevel } from "../format/index-level.js";

/** So many levels are merged at once: each takes two shards of memory. */
const maxMergedLevels = 16;
/** While more runs wait, levels of like size are merged only where there are many. */
const manyLevels = 12;
/** At the end a level is written anew unless it is so many times as large as all that is merged into it. */
const finalFactor = 4;

/**
 * Which levels are merged with `entries` new ones, in the manifest's order: small ones, so that each entry is written
 * anew only a few times however large the index becomes.
 */
export function pickLevels(levels: readonly IndexLevel[], entries: number, isLast: boolean): readonly IndexLevel[] {
  if (!isLast && levels.length < manyLevels) return [];
  const picked = new Set<IndexLevel>();
  let sum = entries;
  for (const level of levels.toSorted((a, b) => levelEntries(a) - levelEntries(b)).slice(0, maxMergedLevels)) {
    const isSmall = sum === 0 || levelEntries(level) <= sum * (isLast ? finalFactor : 1);
    if (!isSmall) break;
    picked.add(level);
    sum += levelEntries(level);
  }
  return levels.filter((level) => picked.has(level));
}
