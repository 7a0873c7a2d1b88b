import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, incorrectState, invalidValue, missingParameter } from "../ec2-error.js";
import { createId } from "../resource-id.js";
import { requireVisibleSnapshot } from "../snapshots/find-snapshot.js";
import { readTagSpecifications } from "../tags/tag-specifications.js";
import { checkDeviceName } from "../volumes/attachment.js";
import { resolveShape } from "../volumes/volume-type.js";
import { ownImages } from "./find-image.js";
import type { ImageDevice, ImageRecord } from "./image-record.js";

const NAME = /^[\w ()[\]./'@-]{3,128}$/;
const DEFAULT_ROOT_DEVICE = "/dev/sda1";

/** Registers an image whose root device comes from a snapshot. */
export function registerImage(environment: Ec2Environment, input: ec2.RegisterImageRequest, context: RequestContext): ec2.RegisterImageResult {
  acceptOnly(input, [
    ...["Name", "Description", "Architecture", "RootDeviceName", "BlockDeviceMappings", "VirtualizationType", "EnaSupport"] as const,
    ...["BootMode", "TpmSupport", "ImdsSupport", "TagSpecifications"] as const,
  ]);
  const { blocks, clock, tables } = environment;
  const name = input.Name ?? "";
  if (!NAME.test(name)) throw ec2Error("InvalidAMIName.Malformed", "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, and ( ) [ ] . / - ' @ _ and spaces");
  const duplicate = ownImages(environment, context).find((image) => image.name === name);
  if (duplicate !== undefined) throw ec2Error("InvalidAMIName.Duplicate", `AMI name ${name} is already in use by AMI ${duplicate.imageId}`);
  // The API's own default, paravirtual, is of a kind that no instance type here runs.
  if (input.VirtualizationType !== "hvm") throw invalidValue("The virtualization type must be hvm.");
  const rootDeviceName = input.RootDeviceName ?? DEFAULT_ROOT_DEVICE;
  const devices = (input.BlockDeviceMappings ?? []).filter((mapping) => mapping.Ebs !== undefined).map((mapping) => readDevice(environment, mapping, context));
  if (new Set(devices.map((device) => device.deviceName)).size < devices.length) throw invalidMapping("A device name comes more than once.");
  const root = devices.find((device) => device.deviceName === rootDeviceName);
  if (root === undefined) throw invalidMapping("No root snapshot specified in device mapping.");
  if (root.snapshotId === undefined) throw invalidMapping(`The root device ${rootDeviceName} must come from a snapshot.`);
  const { image: tags } = readTagSpecifications(input.TagSpecifications, ["image"]);
  const image: ImageRecord = {
    imageId: createId("ami"),
    accountId: context.accountId,
    region: context.region,
    name,
    description: input.Description ?? "",
    architecture: readArchitecture(input.Architecture),
    rootDeviceName,
    devices,
    createdAt: clock.now().toISOString(),
    isPublic: false,
    enaSupport: input.EnaSupport ?? false,
    ...(input.BootMode === undefined ? {} : { bootMode: input.BootMode }),
    ...(input.ImdsSupport === undefined ? {} : { imdsSupport: input.ImdsSupport }),
    ...(input.TpmSupport === undefined ? {} : { tpmSupport: input.TpmSupport }),
    tags,
  };
  blocks.records.commit([tables.images.put(image.imageId, image)]);
  return { ImageId: image.imageId };
}

function readDevice(environment: Ec2Environment, mapping: ec2.BlockDeviceMapping, context: RequestContext): ImageDevice {
  const { DeviceName: deviceName, Ebs: ebs = {} } = mapping;
  if (deviceName === undefined) throw missingParameter("blockDeviceMapping.deviceName");
  checkDeviceName(deviceName);
  acceptOnly(ebs, ["DeleteOnTermination", "Iops", "SnapshotId", "VolumeSize", "VolumeType", "Throughput"], "BlockDeviceMapping.Ebs.");
  const snapshot = ebs.SnapshotId === undefined ? undefined : requireVisibleSnapshot(environment, context, ebs.SnapshotId);
  if (snapshot !== undefined && environment.blocks.snapshotState(snapshot) !== "completed") {
    throw incorrectState(`Snapshot '${snapshot.snapshotId}' is not completed.`);
  }
  const sizeGib = ebs.VolumeSize ?? snapshot?.sizeGib;
  if (sizeGib === undefined) throw missingParameter("blockDeviceMapping.ebs.volumeSize");
  if (snapshot !== undefined && sizeGib < snapshot.sizeGib) {
    throw invalidMapping(`Volume of size ${sizeGib}GB is smaller than snapshot '${snapshot.snapshotId}', expect size>= ${snapshot.sizeGib}GB`);
  }
  const volumeType = ebs.VolumeType ?? "gp2";
  // Only what is chosen is kept with the image; the rest is for the launch to say.
  resolveShape({ volumeType, sizeGib, iops: ebs.Iops, throughputMiBps: ebs.Throughput });
  return {
    deviceName,
    sizeGib,
    volumeType,
    ...(snapshot === undefined ? {} : { snapshotId: snapshot.snapshotId, encrypted: snapshot.encrypted }),
    ...(ebs.Iops === undefined ? {} : { iops: ebs.Iops }),
    ...(ebs.Throughput === undefined ? {} : { throughputMiBps: ebs.Throughput }),
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
  };
}

function readArchitecture(architecture: string | undefined): "x86_64" | "arm64" {
  if (architecture === "x86_64" || architecture === "arm64") return architecture;
  throw invalidValue(`Value (${architecture ?? "i386"}) for parameter architecture is invalid: it must be x86_64 or arm64.`);
}

function invalidMapping(message: string): Error {
  return ec2Error("InvalidBlockDeviceMapping", message);
}
