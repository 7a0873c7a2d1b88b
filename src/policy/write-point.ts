import type { VolumeBackupResult } from "../mover/index.js";
import type { Compute } from "../ports/index.js";
import type { PointWriter } from "../repository/writer/point-writer.js";
import { asError, ownSignal } from "../session/index.js";
import { shareOf } from "../transfer/run-pace.js";
import type { PolicyRun } from "./policy-run.js";
import type { DescribedResource } from "./selection/describe-resource.js";
import type { VolumeSnapshot } from "./snapshots/take-snapshots.js";
import { volumeAttributes } from "./volume-attributes.js";

/** Backs up all volumes and commits. On the first failure the other volumes are stopped and waited for, then it is raised. */
export async function writePoint(
  run: PolicyRun,
  compute: Compute,
  resource: DescribedResource,
  taken: readonly VolumeSnapshot[],
  onKept: (snapshotId: string) => void,
): Promise<{ readonly point: string; readonly volumes: readonly VolumeBackupResult[] }> {
  const { session, options } = run;
  session.emit({ type: "snapshot:started", resource: resource.resource, snapshots: taken.map(({ snapshot: { snapshotId, volumeId } }) => ({ snapshotId, volumeId })) });
  const stop = new AbortController();
  const signal = ownSignal([run.run.signal, stop.signal]);
  const point = options.repository.beginPoint(
    {
      resource: resource.resource,
      kind: resource.kind,
      ...(resource.name !== undefined && { name: resource.name }),
      tags: { ...resource.tags },
      policy: options.name,
      ...(resource.instance !== undefined && { instance: { ...resource.instance.attributes } }),
    },
    { signal },
  );
  try {
    const work = taken.map(async ({ volume, snapshot }) => {
      try {
        const result = await backUp(run, compute, resource, { volume, snapshot }, point, signal, taken.length * options.parallel);
        onKept(snapshot.snapshotId);
        return result;
      } catch (error) {
        stop.abort(error);
        throw error;
      }
    });
    await Promise.allSettled(work);
    // the signal holds what came first: the abort from outside, or the first volume's failure
    signal.throwIfAborted();
    const volumes = await Promise.all(work);
    const { id } = await point.commit();
    session.emit({ type: "point:committed", resource: resource.resource, point: id });
    return { point: id, volumes };
  } catch (error) {
    await close(run, point);
    // what was read so far counts for the next run only as long as its snapshot can be compared with
    for (const snapshotId of point.resumableSources) onKept(snapshotId);
    throw error;
  }
}

async function close(run: PolicyRun, point: PointWriter): Promise<void> {
  try {
    await point.close();
  } catch (error) {
    // a lease that stays behind only delays a collection; what failed before is what the caller must see
    run.logger.warn("a writer's lease could not be removed from the repository", { session: run.session.id, error: asError(error).message });
  }
}

async function backUp(
  run: PolicyRun,
  compute: Compute,
  resource: DescribedResource,
  { volume, snapshot }: VolumeSnapshot,
  point: PointWriter,
  signal: AbortSignal,
  /** Volumes that may move at the same time. */
  parts: number,
): Promise<VolumeBackupResult> {
  const { session, options, clock, random } = run;
  const { volumeId } = volume.description;
  const names = { resource: resource.resource, volumeId };
  await compute.waitForSnapshot(snapshot.snapshotId, { signal });
  session.emit({ type: "snapshot:completed", ...names, snapshotId: snapshot.snapshotId });
  const result = await options.workers.backUpVolume(
    {
      region: resource.region,
      session: session.id,
      snapshotId: snapshot.snapshotId,
      resource: `${resource.accountId}/${resource.region}/${volumeId}`,
      volumeId,
      deviceName: volume.deviceName,
      attributes: volumeAttributes(volume.description),
      ignoreBase: run.run.full,
      auditBlocks: options.auditBlocks,
      ...(options.limits !== undefined && { limits: shareOf(options.limits, parts) }),
    },
    {
      pace: run.pace,
      account: resource.account,
      point,
      clock,
      random,
      signal,
      volumeSizeBytes: snapshot.volumeSizeBytes,
      labels: { policyId: options.name, policyName: options.name, sessionId: session.id, resourceId: resource.resource },
      onMethod: ({ method, fullReason }) => session.emit({ type: "volume:started", ...names, snapshotId: snapshot.snapshotId, method, ...(fullReason !== undefined && { fullReason }) }),
      onProgress: (progress) => session.emit({ type: "volume:progress", ...names, ...progress }),
    },
  );
  session.emit({ type: "volume:completed", resource: resource.resource, ...result });
  return result;
}
