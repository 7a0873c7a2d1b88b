import { IntegrityError } from "../errors/index.js";
import type { CloudAccount, SnapshotWriterRequest } from "../ports/index.js";
import { differenceByReading } from "./delta/difference-by-reading.js";
import type { RestoreSource } from "./find-source.js";
import type { RestoreRun } from "./restore-run.js";

/** A finished snapshot, and where it is. */
export type FinishedSnapshot = Pick<SnapshotWriterRequest, "region" | "volumeSizeBytes"> & { readonly snapshotId: string };

/** That a snapshot is not what was restored: nobody may go on with it. */
export const snapshotDiffers = "SnapshotDiffers";

/** Reads a finished snapshot again; what differs is an `IntegrityError` (`SnapshotDiffers`), and whoever made the snapshot removes it. */
export async function compareSnapshot({ session, signal }: RestoreRun, source: RestoreSource, { region, volumeSizeBytes, snapshotId }: FinishedSnapshot, account: CloudAccount): Promise<void> {
  const reader = await account.openSnapshotReader({ region, snapshotId, session: session.id }, { signal });
  try {
    const different = await differenceByReading(reader, source.map, volumeSizeBytes, { signal });
    if (different.size > 0) {
      throw new IntegrityError(`The snapshot ${snapshotId} differs from restore point ${source.point.id} in ${String(different.size)} blocks, the first of them ${String([...different][0])}. It is removed. Restore to a new volume without parentSnapshotId, and report this.`, {
        code: snapshotDiffers,
        context: { snapshotId, restorePoint: source.point.id, blocks: different.size },
      });
    }
  } finally {
    await reader.close();
  }
  session.emit({ type: "snapshot:compared", snapshotId });
}
