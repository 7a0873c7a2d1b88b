import type { VolumeFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { requireResource } from "../resource-id.js";
import { isIn } from "../scope.js";
import type { Scope } from "../scope.js";

export function findVolume(environment: Ec2Environment, scope: Scope, volumeId: string): VolumeFacts | undefined {
  const volume = environment.blocks.volume(volumeId);
  return volume !== undefined && isIn(scope, volume) ? volume : undefined;
}

/** The caller's volume of an id. */
export function requireVolume(environment: Ec2Environment, scope: Scope, volumeId: string | undefined): VolumeFacts {
  return requireResource("volume", volumeId, (id) => findVolume(environment, scope, id));
}

export function volumesOf(environment: Ec2Environment, scope: Scope): VolumeFacts[] {
  return [...environment.blocks.volumes()].filter((volume) => isIn(scope, volume));
}
