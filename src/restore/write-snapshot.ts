import type { CloudAccount, SnapshotWriterRequest } from "../ports/index.js";
import type { RestoreSource } from "./find-source.js";
import { moveBlocks, type RestoreRun } from "./restore-run.js";

/** A snapshot that holds what is restored. */
export interface SnapshotWritten {
  readonly snapshotId: string;
  /** Blocks that were written into it. */
  readonly blocks: number;
}

/** Writes a volume of a restore point into a new snapshot; after a failure it is removed again. */
export async function writeSnapshot(run: RestoreRun, source: RestoreSource, target: SnapshotWriterRequest, account: CloudAccount): Promise<SnapshotWritten> {
  const { session, repository, signal } = run;
  const writer = await account.openSnapshotWriter(target, { signal });
  const remote = { repository, restorePoint: source.point.id, volumeId: source.volumeId, resource: source.point.resource, account, target, sessionId: session.id };
  const { made, blocks } = await moveBlocks(run, source, writer, remote);
  session.emit({ type: "snapshot:completed", snapshotId: made.snapshotId });
  return { snapshotId: made.snapshotId, blocks };
}
