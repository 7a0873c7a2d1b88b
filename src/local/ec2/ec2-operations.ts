import type { RequestContext } from "../service.js";
import type { Ec2Environment } from "./ec2-environment.js";
import * as encryption from "./encryption/encryption-operations.js";
import { deregisterImage } from "./images/deregister-image.js";
import { describeImages } from "./images/describe-images.js";
import { registerImage } from "./images/register-image.js";
import { describeInstanceTypes } from "./instance-types/describe-instance-types.js";
import { describeInstanceAttribute } from "./instances/describe-instance-attribute.js";
import { describeInstances } from "./instances/describe-instances.js";
import { getConsoleOutput } from "./instances/get-console-output.js";
import { modifyInstanceAttribute } from "./instances/modify-instance-attribute.js";
import { runInstances } from "./instances/run-instances.js";
import { startInstances } from "./instances/start-instances.js";
import { stopInstances } from "./instances/stop-instances.js";
import { terminateInstances } from "./instances/terminate-instances.js";
import { describeSecurityGroups } from "./network/describe-security-groups.js";
import { describeSubnets } from "./network/describe-subnets.js";
import { describeVpcs } from "./network/describe-vpcs.js";
import { describeAvailabilityZones } from "./regions/describe-availability-zones.js";
import { describeRegions } from "./regions/describe-regions.js";
import { copySnapshot } from "./snapshots/copy-snapshot.js";
import { createSnapshot } from "./snapshots/create-snapshot.js";
import { createSnapshots } from "./snapshots/create-snapshots.js";
import { deleteSnapshot } from "./snapshots/delete-snapshot.js";
import { describeSnapshotAttribute } from "./snapshots/describe-snapshot-attribute.js";
import { describeSnapshots } from "./snapshots/describe-snapshots.js";
import { modifySnapshotAttribute, resetSnapshotAttribute } from "./snapshots/modify-snapshot-attribute.js";
import { createTags } from "./tags/create-tags.js";
import { deleteTags } from "./tags/delete-tags.js";
import { describeTags } from "./tags/describe-tags.js";
import { attachVolume } from "./volumes/attach-volume.js";
import { createVolume } from "./volumes/create-volume.js";
import { deleteVolume } from "./volumes/delete-volume.js";
import { describeVolumes } from "./volumes/describe-volumes.js";
import { describeVolumesModifications } from "./volumes/describe-volumes-modifications.js";
import { detachVolume } from "./volumes/detach-volume.js";
import { modifyVolume } from "./volumes/modify-volume.js";

/** What an operation does in its environment, in the client's own types. */
export type Ec2Operation = (environment: Ec2Environment, input: never, context: RequestContext) => unknown;

/** The operations that this cloud has. */
export const ec2Operations: Readonly<Record<string, Ec2Operation>> = {
  AttachVolume: attachVolume,
  CopySnapshot: copySnapshot,
  CreateSnapshot: createSnapshot,
  CreateSnapshots: createSnapshots,
  CreateTags: createTags,
  CreateVolume: createVolume,
  DeleteSnapshot: deleteSnapshot,
  DeleteTags: deleteTags,
  DeleteVolume: deleteVolume,
  DeregisterImage: deregisterImage,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeImages: describeImages,
  DescribeInstanceAttribute: describeInstanceAttribute,
  DescribeInstances: describeInstances,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeRegions: describeRegions,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSnapshotAttribute: describeSnapshotAttribute,
  DescribeSnapshots: describeSnapshots,
  DescribeSubnets: describeSubnets,
  DescribeTags: describeTags,
  DescribeVolumes: describeVolumes,
  DescribeVolumesModifications: describeVolumesModifications,
  DescribeVpcs: describeVpcs,
  DetachVolume: detachVolume,
  DisableEbsEncryptionByDefault: encryption.disableEncryptionByDefault,
  EnableEbsEncryptionByDefault: encryption.enableEncryptionByDefault,
  GetConsoleOutput: getConsoleOutput,
  GetEbsDefaultKmsKeyId: encryption.getDefaultKey,
  GetEbsEncryptionByDefault: encryption.getEncryptionByDefault,
  ModifyEbsDefaultKmsKeyId: encryption.modifyDefaultKey,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  ModifySnapshotAttribute: modifySnapshotAttribute,
  ModifyVolume: modifyVolume,
  RegisterImage: registerImage,
  ResetEbsDefaultKmsKeyId: encryption.resetDefaultKey,
  ResetSnapshotAttribute: resetSnapshotAttribute,
  RunInstances: runInstances,
  StartInstances: startInstances,
  StopInstances: stopInstances,
  TerminateInstances: terminateInstances,
};
