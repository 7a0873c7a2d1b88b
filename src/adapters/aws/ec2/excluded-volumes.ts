import type { CallOptions } from "../../../ports/index.js";
import { findInstanceVolumes } from "./describe-instances.js";
import type { Ec2Door } from "./ec2-door.js";

/** The exclusions of a snapshot of an instance, as CreateSnapshots wants them. */
export interface ExcludedVolumes {
  readonly isRootExcluded: boolean;
  readonly dataVolumeIds: readonly string[];
}

/**
 * Divides excluded volumes into root and data, because CreateSnapshots refuses the root among the data volumes, and leaves
 * out those that are not attached, which it refuses too. `all` where nothing would remain.
 */
export async function excludedVolumes(
  door: Ec2Door,
  instanceId: string,
  request: { readonly excludeVolumeIds: readonly string[]; readonly excludeRootVolume?: boolean | undefined },
  options: CallOptions,
): Promise<ExcludedVolumes | "all"> {
  const { excludeVolumeIds, excludeRootVolume = false } = request;
  if (excludeVolumeIds.length === 0 && !excludeRootVolume) return { isRootExcluded: false, dataVolumeIds: [] };
  const { rootVolumeId, volumeIds } = await findInstanceVolumes(door, instanceId, options);
  const isRootExcluded = rootVolumeId !== undefined && (excludeRootVolume || excludeVolumeIds.includes(rootVolumeId));
  const dataVolumeIds = [...new Set(excludeVolumeIds)].filter((volumeId) => volumeId !== rootVolumeId && volumeIds.includes(volumeId));
  if (dataVolumeIds.length + (isRootExcluded ? 1 : 0) === volumeIds.length) return "all";
  return { isRootExcluded, dataVolumeIds };
}
