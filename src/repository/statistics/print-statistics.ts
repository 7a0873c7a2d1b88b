import { printLines } from "../../printing/printable.js";
import { bytesText } from "../../printing/words.js";
import type { RepositoryStatistics } from "./repository-statistics.js";

/** How a repository's numbers print: what it holds and takes as a whole, then each resource in a line. */
export function printStatistics({ location, at, points, resources, logical, whole }: RepositoryStatistics): string {
  const ratio = whole?.ratio === undefined ? "" : `, ${whole.ratio.total.toFixed(1)} times less`;
  const cost = whole?.cost === undefined ? "" : `, $${whole.cost.perMonth.toFixed(2)} a month`;
  const stored = whole === undefined ? "" : `, ${bytesText(whole.stored.total.bytes)} stored${ratio}${cost}`;
  return printLines(`RepositoryStatistics of ${location}, ${at}: ${String(points.length)} points with ${bytesText(logical.dataBytes)} of data${stored}`, resources.map(({ resource, points: count, newestAt, dataBytes, addedBytes }) => `${resource}: ${String(count)} points, the newest of ${newestAt} with ${bytesText(dataBytes)} of data, ${bytesText(addedBytes)} added`));
}
