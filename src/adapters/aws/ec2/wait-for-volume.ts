import { HoldfastError, ProviderError } from "../../../errors/index.js";
import type { CallOptions, VolumeDescription } from "../../../ports/index.js";
import { findVolume } from "./describe-volumes.js";
import type { Ec2Door } from "./ec2-door.js";
import { poll } from "./poll.js";

const missingForMs = 60_000;

/**
 * Resolves when a volume can be used. `ProviderError` (`VolumeFailed`) when it ends in error, or vanishes, as a volume does
 * whose key cannot be used; `NotFoundError` where there never was one.
 */
export async function waitForVolume(door: Ec2Door, volumeId: string, options: CallOptions): Promise<VolumeDescription> {
  let wasFound = false;
  return await poll({ clock: door.clock, missingForMs, signal: options.signal }, async () => {
    try {
      const { volume, description } = await findVolume(door, volumeId, options);
      wasFound = true;
      if (volume.State === "available" || volume.State === "in-use") return description;
      if (volume.State === "creating") return undefined;
      throw volumeFailed(door, volumeId, volume.State ?? "unknown");
    } catch (error) {
      if (wasFound && HoldfastError.isInstance(error) && error.code === "VolumeNotFound") throw volumeFailed(door, volumeId, "deleted");
      throw error;
    }
  });
}

function volumeFailed(door: Ec2Door, volumeId: string, state: string): ProviderError {
  return new ProviderError(`The volume ${volumeId} in ${door.region} is ${state} instead of available. Where it is encrypted, see that the key is enabled and that its policy allows its use (kms:CreateGrant, kms:Decrypt, kms:GenerateDataKeyWithoutPlaintext); then make it again with another client token.`, {
    code: "VolumeFailed",
    service: "ec2",
    operation: "CreateVolume",
    context: { volumeId, region: door.region, state },
  });
}
