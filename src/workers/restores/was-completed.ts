import { HoldfastError } from "../../errors/index.js";
import type { CallOptions, Compute } from "../../ports/index.js";
import type { PoolContext } from "../pool-context.js";

/** How long a completion is waited for that may be on its way; as long as for one whose answer was lost. */
const onItsWayMs = 15 * 60_000;

/** How a restore's task ended. */
interface FailedTask {
  readonly failure: unknown;
  /** Whether a worker was lost before, which may have come to the end. */
  readonly wasReplaced: boolean;
}

/**
 * After a restore's task has failed: whether the snapshot is complete all the same. One that is holds everything: nobody completes it but a worker of this task, after its last
 * block, and EBS compares number and checksum of all blocks first (docs/workers.md, section 4).
 */
export async function wasCompleted({ clock, pace }: PoolContext, compute: Compute, snapshotId: string, { failure, wasReplaced }: FailedTask, { signal }: CallOptions): Promise<boolean> {
  const mayBeOnItsWay = wasReplaced && HoldfastError.isInstance(failure) && (failure.code === "SnapshotNotWritable" || failure.code === "ProviderRefused");
  const untilMs = clock.monotonicMs() + (mayBeOnItsWay ? onItsWayMs : 0);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { state } = await compute.snapshot(snapshotId, { signal });
      if (state !== "pending" || clock.monotonicMs() >= untilMs) return state === "completed";
      await clock.sleep(pace.beatMs, signal);
    }
  } catch (error) {
    // why the task failed is what matters; that nothing more is learned must not hide it
    if (HoldfastError.isInstance(error) || signal?.aborted === true) return false;
    throw error;
  }
}
