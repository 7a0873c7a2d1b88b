import type { VolumeBackupResult } from "../mover/index.js";
import { ConflictError, HoldfastError } from "../errors/index.js";
import { asError } from "../session/index.js";
import type { PolicyRun, ResourceAttempts } from "./policy-run.js";
import { describeResource } from "./selection/describe-resource.js";
import type { SelectedResource } from "./selection/select-resources.js";
import { errorFacts, type SessionWarning } from "./session-result.js";
import { SnapshotCleaner } from "./snapshots/snapshot-cleaner.js";
import { snapshotTags, type SnapshotLine } from "./snapshots/snapshot-tags.js";
import { takeSnapshots, type VolumeSnapshot } from "./snapshots/take-snapshots.js";
import { writePoint } from "./write-point.js";

/** What one attempt at a resource made. */
export type ProtectedResource =
  | { readonly outcome: "succeeded"; readonly point: string; readonly volumes: readonly VolumeBackupResult[] }
  | { readonly outcome: "skipped"; readonly reason: string };

/**
 * Backs up one resource: snapshots of all its volumes together, then each volume, then the commit, then the snapshots'
 * retention. After a failure the snapshots are removed that nothing is told from.
 */
export async function protectResource(run: PolicyRun, selected: SelectedResource, { warnings, bases }: ResourceAttempts): Promise<ProtectedResource> {
  const { options, session } = run;
  const compute = options.account.compute(selected.region);
  const resource = await describeResource(compute, selected, run.exclusions, run.run);
  if (resource.volumes.length === 0) return { outcome: "skipped", reason: `all its volumes are excluded: ${resource.excludedVolumes.map(({ volumeId, reason }) => `${volumeId} ${reason}`).join("; ")}` };
  const line: SnapshotLine = { policy: options.name, repositoryId: options.repository.id, resource: resource.resource };
  const cleaner = new SnapshotCleaner(compute, line, session.id, {
    removed: (snapshotId, reason) => session.emit({ type: "snapshot:removed", resource: resource.resource, snapshotId, reason }),
    left: (snapshotId, error) => {
      warnings.push({ code: "SnapshotLeft", message: `${snapshotId} could not be removed: ${error.message}` });
      session.emit({ type: "snapshot:left", resource: resource.resource, snapshotId, error: errorFacts(error) });
    },
  });
  const taken: VolumeSnapshot[] = [];
  try {
    run.run.signal.throwIfAborted();
    taken.push(...(await takeSnapshots(compute, resource, { policy: options.name, tags: snapshotTags(line, session.id) }, run.run)));
    const written = await writePoint(run, compute, resource, taken, (snapshotId) => bases.add(snapshotId));
    await tidy(run, warnings, () => cleaner.retire(options.repository, taken.map(({ snapshot }) => snapshot), options.keepSnapshots));
    return { outcome: "succeeded", ...written };
  } catch (error) {
    await tidy(run, warnings, () => cleaner.discard(taken.map(({ snapshot }) => snapshot.snapshotId), bases));
    throw overtaken(error, resource.resource) ?? error;
  }
}

/** A snapshot of this very run is gone: a later run of the policy was faster, and took this one's snapshots for left over. */
function overtaken(error: unknown, resource: string): ConflictError | undefined {
  if (!(HoldfastError.isInstance(error) && error.code === "SnapshotNotFound")) return undefined;
  return new ConflictError(`A snapshot that this run had taken of ${resource} is gone: another run of the policy was faster, or somebody removed it. Nothing was committed. It is tried again with new snapshots.`, {
    code: "Overtaken",
    retryable: true,
    context: { resource },
    cause: error,
  });
}

/** Cleaning up never costs the restore point, nor hides why there is none; what could not be checked is a warning. */
async function tidy(run: PolicyRun, warnings: SessionWarning[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message } = asError(error);
    warnings.push({ code: "SnapshotsNotChecked", message: `Snapshots that are needed no more could not be looked for: ${message} The next run tries again.` });
    run.logger.warn("snapshots that are needed no more could not be looked for", { session: run.session.id, error: message });
  }
}
