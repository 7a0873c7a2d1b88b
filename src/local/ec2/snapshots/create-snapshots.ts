import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { VolumeFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue, missingParameter } from "../ec2-error.js";
import { requireInstance } from "../instances/find-instance.js";
import { requireNotTerminated } from "../instances/instance-state.js";
import { checkId } from "../resource-id.js";
import { addTags, isReserved } from "../tags/tag-rules.js";
import type { Tags } from "../tags/tag-rules.js";
import { readTagSpecifications } from "../tags/tag-specifications.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { requireVolume } from "../volumes/find-volume.js";
import { describeSnapshotInfo } from "./describe-snapshot.js";
import { checkDescription, checkFreezable } from "./freezable.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html: "up to 127 data volumes". */
const MAX_EXCLUDED = 127;

/** Snapshots of the volumes of an instance, all of the same moment. */
export async function createSnapshots(environment: Ec2Environment, input: ec2.CreateSnapshotsRequest, context: RequestContext): Promise<ec2.CreateSnapshotsResult> {
  acceptOnly(input, ["InstanceSpecification", "Description", "TagSpecifications", "CopyTagsFromSource"]);
  const specification = input.InstanceSpecification;
  if (specification === undefined) throw missingParameter("InstanceSpecification");
  const { snapshot: tags } = readTagSpecifications(input.TagSpecifications, ["snapshot"]);
  const description = checkDescription(input.Description);
  const copiesTags = readCopyTags(input.CopyTagsFromSource);
  const volumes = chooseVolumes(environment, specification, context);
  for (const volume of volumes) checkFreezable(environment, volume);
  const requests = volumes.map((volume) => ({
    volumeId: volume.volumeId,
    description,
    tags: { ...(copiesTags ? addTags(copyable(volume.tags), tags) : tags) },
  }));
  const snapshots = await environment.blocks.createSnapshots(requests);
  return { Snapshots: snapshots.map((snapshot) => describeSnapshotInfo(environment, snapshot)) };
}

function chooseVolumes(environment: Ec2Environment, specification: ec2.InstanceSpecification, context: RequestContext): VolumeFacts[] {
  const instance = requireInstance(environment, context, specification.InstanceId);
  requireNotTerminated(environment, instance);
  const attachments = attachmentsOf(environment, instance.instanceId);
  const root = attachments.find((attachment) => attachment.deviceName === instance.rootDeviceName);
  const excluded = new Set(specification.ExcludeDataVolumeIds);
  if (excluded.size > MAX_EXCLUDED) throw invalidValue(`At most ${MAX_EXCLUDED} data volumes can be excluded`);
  for (const volumeId of excluded) {
    checkId("volume", volumeId);
    if (volumeId !== root?.volumeId && attachments.some((attachment) => attachment.volumeId === volumeId)) continue;
    throw invalidValue(`The volume '${volumeId}' is not a data volume of instance '${instance.instanceId}'`);
  }
  if (specification.ExcludeBootVolume === true && root !== undefined) excluded.add(root.volumeId);
  const chosen = attachments.filter((attachment) => !excluded.has(attachment.volumeId));
  if (chosen.length === 0) throw invalidValue(`Instance '${instance.instanceId}' has no volumes to snapshot`);
  return chosen.map((attachment) => requireVolume(environment, context, attachment.volumeId));
}

function readCopyTags(copyTags: string | undefined): boolean {
  if (copyTags === undefined) return false;
  if (copyTags !== "volume") throw invalidValue(`Value (${copyTags}) for parameter copyTagsFromSource is invalid.`);
  return true;
}

function copyable(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !isReserved(key)));
}
