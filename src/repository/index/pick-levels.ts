import { levelEntries, type IndexLevel } from "../format/index-level.js";

/** So many levels are merged at once: each takes two shards of memory. */
const maxMergedLevels = 16;
/** While more runs wait, levels of like size are merged only where there are many. */
const manyLevels = 12;
/** At the end a level is written anew unless it is so many times as large as all that is merged into it. */
const finalFactor = 4;

/**
 * Which levels are merged with `entries` new ones, in the manifest's order: small ones, so that each entry is written
 * anew only a few times however large the index becomes. Without new ones, any that are of like size.
 */
export function pickLevels(levels: readonly IndexLevel[], entries: number, isLast: boolean): readonly IndexLevel[] {
  if (!isLast && levels.length < manyLevels) return [];
  const ascending = levels.toSorted((a, b) => levelEntries(a) - levelEntries(b));
  const factor = isLast ? finalFactor : 1;
  if (entries > 0) return inOrderOf(levels, smallOnes(ascending, entries, factor));
  for (let first = 0; first < ascending.length; first++) {
    const alike = smallOnes(ascending.slice(first), 0, factor);
    if (alike.length > 1) return inOrderOf(levels, alike);
  }
  return [];
}

/** The first levels, as long as each is no more than `factor` times as large as all before it. */
function smallOnes(ascending: readonly IndexLevel[], entries: number, factor: number): readonly IndexLevel[] {
  let sum = entries;
  const picked: IndexLevel[] = [];
  for (const level of ascending.slice(0, maxMergedLevels)) {
    if (sum > 0 && levelEntries(level) > sum * factor) break;
    picked.push(level);
    sum += levelEntries(level);
  }
  return picked;
}

function inOrderOf(levels: readonly IndexLevel[], picked: readonly IndexLevel[]): readonly IndexLevel[] {
  return levels.filter((level) => picked.includes(level));
}
