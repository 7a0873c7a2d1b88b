import { ownSignal } from "../../session/index.js";
import { moveBlocks } from "../restore-run.js";
import { ownSnapshots, type InstanceJob } from "./instance-job.js";
import { sourceTag } from "./instance-marks.js";
import type { PlannedInstanceVolume } from "./instance-plan.js";

/** A snapshot of each volume, by volume: those of an earlier attempt that are complete, and new ones for the rest, together. */
export async function makeSnapshots(job: InstanceJob): Promise<ReadonlyMap<string, string>> {
  const { run, target, decision } = job;
  const snapshots = new Map<string, string>();
  for (const { snapshotId, state, tags } of await ownSnapshots(job)) {
    const volume = tags[sourceTag];
    if (state === "completed" && volume !== undefined) snapshots.set(volume, snapshotId);
    // whoever wrote it is gone, and nobody knows how far that went
    else await target.compute.deleteSnapshot(snapshotId, { signal: run.signal });
  }
  const missing = decision.volumes.filter(({ sourceVolume }) => !snapshots.has(sourceVolume));
  const stop = new AbortController();
  const signal = ownSignal([run.signal, stop.signal]);
  const work = missing.map(async (volume) => {
    try {
      snapshots.set(volume.sourceVolume, await writeSnapshot({ ...job, run: { ...run, signal } }, volume));
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(work);
  // the signal holds what came first: the abort from outside, or the first volume's failure
  signal.throwIfAborted();
  return snapshots;
}

async function writeSnapshot({ run, point, target, marks, moved }: InstanceJob, volume: PlannedInstanceVolume): Promise<string> {
  const { session, signal, repository, random } = run;
  const source = { point, volumeId: volume.sourceVolume, map: await point.blockMap(volume.sourceVolume, { signal }) };
  const request = {
    region: target.region,
    session: session.id,
    volumeSizeBytes: volume.sizeBytes,
    description: `holdfast restore of ${volume.sourceVolume}, restore point ${point.id}`,
    tags: marks.made({ kind: "snapshot" }, { [sourceTag]: volume.sourceVolume, "holdfast:restore-point": point.id }),
    clientToken: `holdfast-${random.bytes(16).toString("hex")}`,
    ...(volume.encrypted !== undefined && { encrypted: volume.encrypted }),
    ...(volume.kmsKeyId !== undefined && { kmsKeyArn: volume.kmsKeyId }),
  };
  const writer = await target.account.openSnapshotWriter(request, { signal });
  const remote = { repository, restorePoint: point.id, volumeId: volume.sourceVolume, resource: point.resource, account: target.account, target: request, sessionId: session.id };
  const { made, blocks } = await moveBlocks(run, source, writer, remote);
  moved.blocks += blocks;
  session.emit({ type: "snapshot:completed", snapshotId: made.snapshotId });
  return made.snapshotId;
}
