import { ConflictError } from "../../errors/index.js";
import type { CondemnedPacks } from "../collect/condemned-packs.js";
import { readLiveRecord } from "../collect/live-records.js";
import { objectNames } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import type { SignalOptions } from "../repository-context.js";
import type { WriterParts } from "./volume-writer-parts.js";

/** Who inherits from the newest point of a stream. */
type Inheriting = Pick<WriterParts, "context" | "stream" | "head">;

/**
 * Whether the newest point's map reaches a pack from which nothing may be inherited any more: one that is condemned, or one whose
 * frames were relocated when that point was no longer live and so was not asked. Reads the map's dictionary, a page at a time.
 */
export async function reachesForbidden({ context, stream, head }: Inheriting, map: BlockMap | undefined, condemned: CondemnedPacks, options: SignalOptions): Promise<boolean> {
  if (map === undefined || condemned.size === 0) return false;
  let isRelocated = false;
  for (const ordinal of map.reachedOrdinals) {
    const { id } = await map.packReference(ordinal, options);
    if (condemned.forbidsInheriting(id)) return true;
    isRelocated ||= condemned.has(id);
  }
  const recordName = objectNames.record(stream, head.point?.structure.sequence ?? 0);
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
