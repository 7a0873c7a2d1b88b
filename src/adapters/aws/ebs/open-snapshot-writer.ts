import type { CallOptions, SnapshotWriterRequest } from "../../../ports/index.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { EbsSnapshotWriter } from "./ebs-snapshot-writer.js";
import { checkSnapshotWriterRequest } from "./snapshot-writer-request.js";
import { startSnapshot, writeTimeoutMinutes } from "./start-snapshot.js";

/**
 * Starts a snapshot to write blocks into. The same request with the same client token goes on with the same snapshot, also
 * after a crash; with other parameters it is a `ConflictError` (`ClientTokenConflict`), after it was completed or given up
 * one with the code `SnapshotNotWritable`.
 */
export async function openSnapshotWriter(context: SnapshotDoorContext, request: SnapshotWriterRequest, options: CallOptions = {}): Promise<EbsSnapshotWriter> {
  checkSnapshotWriterRequest(request);
  const snapshotId = request.snapshotId ?? (await startSnapshot(context, request, options));
  const { volumeSizeBytes, isWaitedForElsewhere, timeoutMinutes = writeTimeoutMinutes } = request;
  return new EbsSnapshotWriter(context, { snapshotId, volumeSizeBytes, startedAtMs: context.clock.monotonicMs(), isWaitedForElsewhere, timeoutMinutes });
}
