import { HoldfastError } from "../../errors/index.js";
import type { CloudAccount, SnapshotWriterRequest } from "../../ports/index.js";
import type { RestoreSource } from "../find-source.js";
import type { PlannedSnapshot } from "../restore-plan.js";
import { beginSnapshot, moveBlocks, type RestoreRun } from "../restore-run.js";
import { chooseParent } from "./choose-parent.js";
import { findDifference } from "./find-difference.js";
import type { SnapshotWritten } from "./snapshot-written.js";

export interface DeltaRequest {
  /** Of the encryption that is wanted. */
  readonly planned: Pick<PlannedSnapshot, "encrypted" | "kmsKeyId">;
  readonly parentSnapshotId: string;
  /** Whether every block of the parent may be read where nothing cheaper tells what differs. */
  readonly mayRead: boolean;
}

/** Writes what differs from the parent, in this process: a worker on another machine is not told of parents. Gives why not, where the parent cannot be one. */
export async function writeDelta(run: RestoreRun, source: RestoreSource, request: SnapshotWriterRequest, { planned, parentSnapshotId, mayRead }: DeltaRequest, account: CloudAccount): Promise<SnapshotWritten | { readonly why: string }> {
  const { session, signal, repository } = run;
  const { region } = request;
  const sourceVolume = source.volumeId;
  const full = (why: string): { readonly why: string } => {
    session.emit({ type: "restore:full", sourceVolume, parentSnapshotId, reason: why });
    return { why };
  };
  const choice = await chooseParent(account.compute(region), parentSnapshotId, planned, request.volumeSizeBytes, { signal });
  if (choice.parent === undefined) return full(choice.why);
  const difference = await findDifference({ repository, account, region, source, parent: choice.parent, mayRead }, { signal });
  if (difference === undefined) return full(`nothing tells in what ${parentSnapshotId} differs, short of reading all of it`);
  const { method, blocks: only } = difference;
  const { encrypted: _encrypted, kmsKeyArn: _kmsKeyArn, ...ofParent } = request;
  let writer;
  try {
    writer = await beginSnapshot(run, account, { ...ofParent, parentSnapshotId, clientToken: `${request.clientToken}-delta` });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return full(`${parentSnapshotId} was refused as a parent: ${error.message}`);
  }
  session.emit({ type: "restore:delta", sourceVolume, parentSnapshotId, method, blocks: only.size });
  const { made, blocks } = await moveBlocks(run, source, writer, { only });
  return { snapshotId: made.snapshotId, blocks, method: "delta", parentSnapshotId };
}

/** That a snapshot cannot be a parent, for instance because the account encrypts everything and it is not encrypted; or that it went away meanwhile. */
function isRefusal(error: unknown): error is HoldfastError {
  return HoldfastError.isInstance(error) && !error.retryable && error.code !== "AccessDenied" && ["ProviderError", "NotFoundError", "ConflictError"].includes(error.name);
}
