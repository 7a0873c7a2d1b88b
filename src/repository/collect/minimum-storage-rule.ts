import { minimumStorageUntil } from "../../prices/storage-classes.js";
import type { KeptReason } from "./collect-report.js";
import type { ListedPack } from "./pack-listing.js";

/** A data pack in a class with a minimum storage duration is paid for until then: removing it earlier saves nothing, and a backup may find its blocks yet. */
export function minimumStorageRule(storageClass: string | undefined, now: Date): (pack: ListedPack) => KeptReason | undefined {
  return ({ id, modifiedMs }) => {
    const until = id.kind === "data" && modifiedMs > 0 ? minimumStorageUntil(storageClass, new Date(modifiedMs)) : undefined;
    return until !== undefined && until > now ? "minimum storage" : undefined;
  };
}
