import { ConflictError } from "../../errors/index.js";
import type { CondemnedPacks } from "../collect/condemned-packs.js";
import { readLiveRecord } from "../collect/live-records.js";
import type { BlockMap } from "../map/block-map.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/**
 * Whether a newest point's map reaches a pack from which nothing may be inherited any more: one that is condemned, or one whose
 * frames were relocated when that point, `recordName`, was no longer live and so was not asked. Reads the map's dictionary, a page at a time.
 */
export async function reachesForbidden(context: RepositoryContext, recordName: string, map: BlockMap, condemned: CondemnedPacks, options: SignalOptions): Promise<boolean> {
  if (condemned.size === 0) return false;
  let isRelocated = false;
  for (const ordinal of map.reachedOrdinals) {
    const { id } = await map.packReference(ordinal, options);
    if (condemned.forbidsInheriting(id)) return true;
    isRelocated ||= condemned.has(id);
  }
  return isRelocated && (await readLiveRecord(context, recordName, false, options)) === undefined;
}

/** The error of a run whose map points into packs that a collection condemned meanwhile. */
export function packCondemned(stream: string): ConflictError {
  return new ConflictError("A collection condemned packs that this run had begun to rely on. Nothing was committed. Run it again: what it stored is found again.", {
    code: "PackCondemned",
    retryable: true,
    context: { stream },
  });
}
