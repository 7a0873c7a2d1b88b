import { HoldfastError, IntegrityError } from "../errors/index.js";
import type { CloudAccount, SnapshotWriterRequest } from "../ports/index.js";
import { chooseParent } from "./delta/choose-parent.js";
import { differenceByReading } from "./delta/difference-by-reading.js";
import { findDifference } from "./delta/find-difference.js";
import type { RestoreSource } from "./find-source.js";
import { snapshotRequest, type PlannedSnapshot } from "./restore-plan.js";
import { leftBehind, moveBlocks, type RestoreRun } from "./restore-run.js";
import type { SnapshotSettings } from "./volume-restore-options.js";

/** A snapshot that holds what is restored. */
export interface SnapshotWritten extends SnapshotMethod {
  readonly snapshotId: string;
  /** Blocks that were written into it. */
  readonly blocks: number;
}

/** Whether everything was written, or what differs from a parent. JSON. */
export interface SnapshotMethod {
  readonly method: "full" | "delta";
  /** Of a delta: the snapshot that was written over. */
  readonly parentSnapshotId?: string | undefined;
  /** Why everything was written though a parent was named. */
  readonly fullReason?: string | undefined;
}

/** Writes a volume of a restore point into a new snapshot, over a parent where one is named and can be; after a failure it is removed again. */
export async function writeSnapshot(run: RestoreRun, source: RestoreSource, planned: PlannedSnapshot, settings: SnapshotSettings & { readonly tags?: PlannedSnapshot["tags"] }, account: CloudAccount): Promise<SnapshotWritten> {
  const { parentSnapshotId } = settings;
  const request = snapshotRequest(source, planned, run.session.id, settings.tags);
  const delta = parentSnapshotId === undefined ? undefined : await writeDelta(run, source, request, { planned, parentSnapshotId }, account);
  const written = delta !== undefined && "snapshotId" in delta ? delta : { ...(await writeAll(run, source, request, account)), method: "full" as const, ...(delta !== undefined && { fullReason: delta.why }) };
  run.session.emit({ type: "snapshot:completed", snapshotId: written.snapshotId });
  if (settings.compare === true) await compare(run, source, request, written.snapshotId, account);
  return written;
}

async function writeAll(run: RestoreRun, source: RestoreSource, target: SnapshotWriterRequest, account: CloudAccount): Promise<{ readonly snapshotId: string; readonly blocks: number }> {
  const writer = await account.openSnapshotWriter(target, { signal: run.signal });
  const remote = { repository: run.repository, restorePoint: source.point.id, volumeId: source.volumeId, resource: source.point.resource, account, target, sessionId: run.session.id };
  const { made, blocks } = await moveBlocks(run, source, writer, remote);
  return { snapshotId: made.snapshotId, blocks };
}

interface DeltaRequest {
  readonly planned: PlannedSnapshot;
  readonly parentSnapshotId: string;
}

/** Writes what differs from the parent, in this process: a worker on another machine is not told of parents. Gives why not, where the parent cannot be one. */
async function writeDelta(run: RestoreRun, source: RestoreSource, request: SnapshotWriterRequest, { planned, parentSnapshotId }: DeltaRequest, account: CloudAccount): Promise<SnapshotWritten | { readonly why: string }> {
  const { session, signal, repository } = run;
  const { region } = request;
  const full = (why: string): { readonly why: string } => {
    session.emit({ type: "restore:full", parentSnapshotId, reason: why });
    return { why };
  };
  const choice = await chooseParent(account.compute(region), parentSnapshotId, planned, request.volumeSizeBytes, { signal });
  if (choice.parent === undefined) return full(choice.why);
  const { method, blocks: only } = await findDifference({ repository, account, region, source, parent: choice.parent }, { signal });
  const { encrypted: _encrypted, kmsKeyArn: _kmsKeyArn, ...ofParent } = request;
  let writer;
  try {
    writer = await account.openSnapshotWriter({ ...ofParent, parentSnapshotId, clientToken: `${request.clientToken}-delta` }, { signal });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return full(`${parentSnapshotId} was refused as a parent: ${error.message}`);
  }
  session.emit({ type: "restore:delta", parentSnapshotId, method, blocks: only.size });
  const { made, blocks } = await moveBlocks(run, source, writer, undefined, only);
  return { snapshotId: made.snapshotId, blocks, method: "delta", parentSnapshotId };
}

/** That a snapshot cannot be a parent, for instance because the account encrypts everything and it is not encrypted; or that it went away meanwhile. */
function isRefusal(error: unknown): error is HoldfastError {
  return HoldfastError.isInstance(error) && !error.retryable && error.code !== "AccessDenied" && ["ProviderError", "NotFoundError", "ConflictError"].includes(error.name);
}

/** Reads the finished snapshot again; what differs is an `IntegrityError`, and the snapshot is removed. */
async function compare(run: RestoreRun, source: RestoreSource, { region, volumeSizeBytes }: SnapshotWriterRequest, snapshotId: string, account: CloudAccount): Promise<void> {
  const { session, signal } = run;
  try {
    const reader = await account.openSnapshotReader({ region, snapshotId, session: session.id }, { signal });
    try {
      const different = await differenceByReading(reader, source.map, volumeSizeBytes, { signal });
      if (different.size > 0) {
        throw new IntegrityError(`The snapshot ${snapshotId} differs from restore point ${source.point.id} in ${String(different.size)} blocks, the first of them ${String([...different][0])}. It is removed; restore without parentSnapshotId, and report this.`, {
          code: "RestoreDiffers",
          context: { snapshotId, restorePoint: source.point.id, blocks: different.size },
        });
      }
    } finally {
      await reader.close();
    }
  } catch (error) {
    try {
      await account.compute(region).deleteSnapshot(snapshotId);
      session.emit({ type: "snapshot:removed", snapshotId });
    } catch (left) {
      leftBehind(run, snapshotId, left);
    }
    throw error;
  }
  session.emit({ type: "snapshot:compared", snapshotId });
}
