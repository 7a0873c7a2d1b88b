import { HoldfastError } from "../../errors/index.js";
import type { CallOptions, Compute, SnapshotDescription } from "../../ports/index.js";
import type { PlannedParent, PlannedSnapshot } from "../restore-plan.js";
import type { SnapshotSettings } from "../volume-restore-options.js";

/** A snapshot to write over, or why it cannot be one. */
export type ParentChoice = { readonly parent: SnapshotDescription } | { readonly parent?: undefined; readonly why: string };

/** Whether a snapshot can be what is written over: a snapshot has its parent's encryption and key, and here its size. */
export async function chooseParent(compute: Compute, snapshotId: string, planned: Pick<PlannedSnapshot, "encrypted" | "kmsKeyId">, sizeBytes: number, options: CallOptions): Promise<ParentChoice> {
  const no = (why: string): ParentChoice => ({ why: `${snapshotId} ${why}` });
  let parent: SnapshotDescription;
  try {
    parent = await compute.snapshot(snapshotId, options);
  } catch (error) {
    if (HoldfastError.isInstance(error) && error.name === "NotFoundError") return no(`is not there in ${compute.region}`);
    throw error;
  }
  const { state, volumeSizeBytes, isEncrypted = false, kmsKeyId } = parent;
  if (state !== "completed") return no(`is not completed but ${state}`);
  if (volumeSizeBytes !== sizeBytes) return no(`is of a volume of ${String(volumeSizeBytes)} bytes, not ${String(sizeBytes)}`);
  if (planned.encrypted !== undefined && planned.encrypted !== isEncrypted) return no(isEncrypted ? "is encrypted, which was not wanted" : "is not encrypted");
  if (planned.kmsKeyId !== undefined && planned.kmsKeyId !== kmsKeyId) return no(`is encrypted by another key (${kmsKeyId ?? "unknown"})`);
  return { parent };
}

/** What a plan says of the parent, where one was named. */
export async function planParent(compute: Compute, { parentSnapshotId, signal }: SnapshotSettings, planned: PlannedSnapshot, sizeBytes: number): Promise<{ readonly parent?: PlannedParent }> {
  if (parentSnapshotId === undefined) return {};
  const choice = await chooseParent(compute, parentSnapshotId, planned, sizeBytes, { signal });
  return { parent: { parentSnapshotId, ...(choice.parent === undefined && { fullReason: choice.why }) } };
}
