import { leftBehind, type RestoreRun } from "../restore-run.js";
import { ownSnapshots, type SwapJob } from "./instance-job.js";

/** Removes something of a restore that is done: what cannot be removed is said, and costs the restore nothing. */
export async function removeOrLeave({ run }: { readonly run: RestoreRun }, what: string, remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    leftBehind(run, what, error);
  }
}

/** Removes the snapshots, or gives them away for good; tells which stay. */
export async function tidySnapshots(job: SwapJob): Promise<readonly string[]> {
  const { target, marks, options, run } = job;
  const kept: string[] = [];
  await removeOrLeave(job, `snapshots with the tag holdfast:restore = ${marks.id}, if there are some`, async () => {
    for (const { snapshot, isParent } of await ownSnapshots(job)) {
      const { snapshotId } = snapshot;
      if (options.keepSnapshots === true && !isParent) {
        kept.push(snapshotId);
        await target.instances.tag([snapshotId], marks.of({ kind: "done", isNew: false }));
        continue;
      }
      await removeOrLeave(job, snapshotId, async () => {
        await target.compute.deleteSnapshot(snapshotId);
        run.session.emit({ type: "snapshot:removed", snapshotId });
      });
    }
  });
  return kept;
}
