import { ConflictError } from "../../errors/index.js";
import type { CallOptions, Compute, SnapshotDescription, Tags } from "../../ports/index.js";
import type { DescribedResource, ProtectedVolume } from "../selection/describe-resource.js";

/** A volume with the snapshot that was taken of it. */
export interface VolumeSnapshot {
  readonly volume: ProtectedVolume;
  readonly snapshot: SnapshotDescription;
}

/** What a snapshot's description may hold: 255 characters, says EC2. */
const maxDescriptionCharacters = 255;

/**
 * Begins the snapshots of all volumes of a resource, an instance's at one moment (CreateSnapshots: crash-consistent).
 * Raises `ConflictError` (`VolumesChanged`) where they are not of the volumes that were expected; what was begun is the
 * caller's to remove.
 */
export async function takeSnapshots(compute: Compute, resource: DescribedResource, about: { readonly policy: string; readonly tags: Tags }, options: CallOptions): Promise<VolumeSnapshot[]> {
  const description = `holdfast policy ${about.policy}: ${resource.resource}`.slice(0, maxDescriptionCharacters);
  const snapshots = await begin(compute, resource, { description, tags: about.tags }, options);
  const byVolume = new Map(snapshots.map((snapshot) => [snapshot.volumeId, snapshot]));
  const taken = resource.volumes.flatMap((volume) => {
    const snapshot = byVolume.get(volume.description.volumeId);
    return snapshot === undefined ? [] : [{ volume, snapshot }];
  });
  if (taken.length === resource.volumes.length && snapshots.length === taken.length) return taken;
  throw new ConflictError(`The volumes of ${resource.resource} changed while its snapshots were taken: expected ${namesOf(resource.volumes.map(({ description: { volumeId } }) => volumeId))}, got ${namesOf([...byVolume.keys()])}. Run it again.`, {
    code: "VolumesChanged",
    retryable: true,
    context: { resource: resource.resource },
  });
}

async function begin(compute: Compute, resource: DescribedResource, request: { readonly description: string; readonly tags: Tags }, options: CallOptions): Promise<readonly SnapshotDescription[]> {
  if (resource.instance === undefined) return [await compute.snapshotVolume(resource.id, request, options)];
  // EC2 takes the root volume's exclusion apart from those of the data volumes
  const { rootDeviceName } = resource.instance;
  const isRoot = ({ deviceName }: { readonly deviceName: string }): boolean => rootDeviceName !== undefined && deviceName === rootDeviceName;
  return await compute.snapshotInstance(
    resource.id,
    {
      ...request,
      excludeVolumeIds: resource.excludedVolumes.filter((volume) => !isRoot(volume)).map(({ volumeId }) => volumeId),
      excludeRootVolume: resource.excludedVolumes.some(isRoot),
    },
    options,
  );
}

function namesOf(volumeIds: readonly string[]): string {
  return volumeIds.length === 0 ? "none" : [...volumeIds].sort().join(", ");
}
