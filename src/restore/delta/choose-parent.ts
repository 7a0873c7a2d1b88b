import { HoldfastError } from "../../errors/index.js";
import type { CallOptions, Compute, SnapshotDescription } from "../../ports/index.js";
import type { PlannedSnapshot } from "../restore-plan.js";

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
  const why = parent.state === "completed" ? whyNoParent(parent, planned, sizeBytes) : `is not completed but ${parent.state}`;
  return why === undefined ? { parent } : no(why);
}

/** Why a snapshot cannot be written over, or one that is taken of a volume; nothing where it can. */
export function whyNoParent({ volumeSizeBytes, isEncrypted = false, kmsKeyId }: Pick<SnapshotDescription, "volumeSizeBytes" | "isEncrypted" | "kmsKeyId">, planned: Pick<PlannedSnapshot, "encrypted" | "kmsKeyId">, sizeBytes: number): string | undefined {
  if (volumeSizeBytes !== sizeBytes) return `is of a volume of ${String(volumeSizeBytes)} bytes, not ${String(sizeBytes)}`;
  if (planned.encrypted !== undefined && planned.encrypted !== isEncrypted) return isEncrypted ? "is encrypted, which was not wanted" : "is not encrypted";
  if (planned.kmsKeyId !== undefined && planned.kmsKeyId !== kmsKeyId) return `is encrypted by another key (${kmsKeyId ?? "unknown"})`;
  return undefined;
}
