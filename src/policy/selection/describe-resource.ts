import { ConflictError } from "../../errors/index.js";
import type { CallOptions, Compute, InstanceDescription, Tags, VolumeDescription } from "../../ports/index.js";
import type { Exclusions } from "./exclusions.js";
import type { SelectedResource } from "./select-resources.js";

/** A volume that will be in the restore point. */
export interface ProtectedVolume {
  readonly description: VolumeDescription;
  readonly deviceName: string | undefined;
}

/** A resource as it is when its turn comes. */
export interface DescribedResource extends SelectedResource {
  readonly name: string | undefined;
  readonly tags: Tags;
  readonly volumes: readonly ProtectedVolume[];
  /** Volumes of the instance that are left out, with the reason. */
  readonly excludedVolumes: readonly { readonly volumeId: string; readonly deviceName: string; readonly reason: string }[];
  readonly instance: InstanceDescription | undefined;
}

/** Looks at a resource anew: between its selection and its turn, hours may lie. `volumes` is empty where all are excluded. */
export async function describeResource(compute: Compute, selected: SelectedResource, exclusions: Exclusions, options: CallOptions): Promise<DescribedResource> {
  if (selected.kind === "volume") {
    const description = await compute.volume(selected.id, options);
    const volume: ProtectedVolume = { description, deviceName: description.attachment?.deviceName };
    return { ...selected, name: description.tags["Name"], tags: description.tags, volumes: [volume], excludedVolumes: [], instance: undefined };
  }
  const instance = await compute.instance(selected.id, options);
  if (instance.volumes.length === 0) {
    throw new ConflictError(`Instance ${selected.id} has no EBS volumes: there is nothing to back up. If it was terminated or runs on instance storage alone, exclude it.`, {
      code: "NoVolumes",
      context: { instance: selected.id },
    });
  }
  const volumes: ProtectedVolume[] = [];
  const excludedVolumes: DescribedResource["excludedVolumes"][number][] = [];
  for (const { volumeId, deviceName } of instance.volumes) {
    const description = await compute.volume(volumeId, options);
    const reason = exclusions.ofVolume(description, selected);
    if (reason === undefined) volumes.push({ description, deviceName });
    else excludedVolumes.push({ volumeId, deviceName, reason });
  }
  return { ...selected, name: instance.name, tags: instance.tags, volumes, excludedVolumes, instance };
}
