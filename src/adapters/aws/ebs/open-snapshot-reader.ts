import { ConflictError, ProviderError } from "../../../errors/index.js";
import type { CallOptions } from "../../../ports/index.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { EbsSnapshotReader } from "./ebs-snapshot-reader.js";
import { fetchPage, minPageBlocks } from "./fetch-page.js";
import { checkSnapshotId } from "./snapshot-id.js";
import { notCompleted } from "./snapshot-state.js";

/**
 * Opens a completed snapshot for reading. `NotFoundError` (`SnapshotNotFound`), `ConflictError` (`SnapshotNotCompleted`,
 * which is retryable while it is pending), `ProviderError` (`AccessDenied`) naming the action that is needed.
 */
export async function openSnapshotReader(context: SnapshotDoorContext, request: { readonly snapshotId: string }, options: CallOptions = {}): Promise<EbsSnapshotReader> {
  const { snapshotId } = request;
  checkSnapshotId("snapshotId", snapshotId);
  try {
    const { volumeSizeBytes } = await fetchPage(context, { snapshotId }, { startIndex: 0, maxBlocks: minPageBlocks }, options.signal);
    return new EbsSnapshotReader(context, { snapshotId, volumeSizeBytes });
  } catch (error) {
    const state = await notCompleted(context, snapshotId, error, options);
    if (state === undefined) throw error;
    if (state === "pending") throw unfinished(context, snapshotId, state, "wait for it (waitForSnapshot), then open it again");
    throw unfinished(context, snapshotId, state, error instanceof ProviderError ? `it will never be; delete it and make a new one. ${error.message}` : "it will never be; delete it and make a new one");
  }
}

function unfinished(context: SnapshotDoorContext, snapshotId: string, state: "pending" | "error", remedy: string): ConflictError {
  return new ConflictError(`The snapshot ${snapshotId} in ${context.region} is not completed (its state is ${state}), so it cannot be read: ${remedy}.`, {
    code: "SnapshotNotCompleted",
    retryable: state === "pending",
    context: { snapshotId, region: context.region, state },
  });
}
