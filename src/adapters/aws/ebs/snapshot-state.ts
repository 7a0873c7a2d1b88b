import { HoldfastError } from "../../../errors/index.js";
import type { CallOptions } from "../../../ports/index.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";

/**
 * After a refused call: the snapshot's state, where that is another than completed and so may be the reason. EBS direct itself
 * only says that the request is not valid. Who may not describe snapshots gets the refusal as it is.
 */
export async function notCompleted(door: SnapshotDoorContext, snapshotId: string, refusal: unknown, options: CallOptions): Promise<"pending" | "error" | undefined> {
  const state = await stateAfter(door, snapshotId, refusal, options);
  return state === "completed" ? undefined : state;
}

/** After a refused call: the snapshot's state, if it can be told; `undefined` for any other failure. */
export async function stateAfter(door: SnapshotDoorContext, snapshotId: string, refusal: unknown, { signal }: CallOptions): Promise<"pending" | "completed" | "error" | undefined> {
  if (!(HoldfastError.isInstance(refusal) && refusal.code === "ProviderRefused")) return undefined;
  try {
    return (await door.compute.snapshot(snapshotId, { signal })).state;
  } catch (error) {
    // The refusal is what matters; that its reason cannot be told must not hide it.
    if (HoldfastError.isInstance(error)) return undefined;
    throw error;
  }
}
