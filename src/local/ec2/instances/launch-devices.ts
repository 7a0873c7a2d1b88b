import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext, ServiceError } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, missingParameter } from "../ec2-error.js";
import type { ImageDevice, ImageRecord } from "../images/image-record.js";
import { checkDeviceName } from "../volumes/attachment.js";
import { resolveNewVolume } from "../volumes/new-volume.js";
import type { NewVolume } from "../volumes/new-volume.js";

/** A volume that an instance begins with. */
export interface LaunchDevice {
  readonly deviceName: string;
  readonly deleteOnTermination: boolean;
  readonly volume: NewVolume;
}

/** The API's own default for a device that the image does not have. */
const DEFAULT_TYPE = "gp2";

/** The image's devices with what a launch changes of them and adds. */
export function resolveLaunchDevices(
  environment: Ec2Environment,
  image: ImageRecord,
  mappings: readonly ec2.BlockDeviceMapping[] | undefined,
  context: RequestContext,
): LaunchDevice[] {
  const changes = readMappings(mappings ?? []);
  const names = [...image.devices.map((device) => device.deviceName), ...changes.keys()];
  const devices: LaunchDevice[] = [];
  for (const name of new Set(names)) {
    const change = changes.get(name);
    const ofImage = image.devices.find((device) => device.deviceName === name);
    const isRoot = name === image.rootDeviceName;
    if (change !== undefined && isOmitted(change)) {
      if (isRoot) throw invalidMapping("The root device cannot be suppressed.");
      continue;
    }
    if (isRoot && change?.Ebs?.SnapshotId !== undefined && change.Ebs.SnapshotId !== ofImage?.snapshotId) {
      throw invalidMapping("snapshotId cannot be modified on root device");
    }
    devices.push(resolveDevice(environment, { name, ofImage, ebs: change?.Ebs ?? {} }, context));
  }
  return devices;
}

function readMappings(mappings: readonly ec2.BlockDeviceMapping[]): Map<string, ec2.BlockDeviceMapping> {
  const byName = new Map<string, ec2.BlockDeviceMapping>();
  for (const mapping of mappings) {
    const name = mapping.DeviceName;
    if (name === undefined) throw missingParameter("blockDeviceMapping.deviceName");
    checkDeviceName(name);
    if (byName.has(name)) throw invalidMapping(`Duplicate device name: ${name}`);
    if (mapping.Ebs === undefined && !isOmitted(mapping)) throw missingParameter("blockDeviceMapping.ebs");
    acceptOnly(
      mapping.Ebs ?? {},
      ["DeleteOnTermination", "Iops", "SnapshotId", "VolumeSize", "VolumeType", "KmsKeyId", "Throughput", "Encrypted"],
      "BlockDeviceMapping.Ebs.",
    );
    byName.set(name, mapping);
  }
  return byName;
}

/** `NoDevice` leaves a device out; a virtual one is an instance store volume, of which the types here have none. */
function isOmitted(mapping: ec2.BlockDeviceMapping): boolean {
  return mapping.NoDevice !== undefined || (mapping.VirtualName !== undefined && mapping.Ebs === undefined);
}

interface DeviceRequest {
  readonly name: string;
  readonly ofImage: ImageDevice | undefined;
  readonly ebs: ec2.EbsBlockDevice;
}

function resolveDevice(environment: Ec2Environment, { name, ofImage, ebs }: DeviceRequest, context: RequestContext): LaunchDevice {
  const hasOtherType = ebs.VolumeType !== undefined && ebs.VolumeType !== ofImage?.volumeType;
  const volume = resolveNewVolume(environment, context, {
    sizeGib: ebs.VolumeSize ?? ofImage?.sizeGib,
    snapshotId: ebs.SnapshotId ?? ofImage?.snapshotId,
    volumeType: ebs.VolumeType ?? ofImage?.volumeType ?? DEFAULT_TYPE,
    iops: ebs.Iops ?? (hasOtherType ? undefined : ofImage?.iops),
    throughputMiBps: ebs.Throughput ?? (hasOtherType ? undefined : ofImage?.throughputMiBps),
    encrypted: ebs.Encrypted,
    kmsKeyId: ebs.KmsKeyId,
    tooSmall,
  });
  return { deviceName: name, deleteOnTermination: ebs.DeleteOnTermination ?? ofImage?.deleteOnTermination ?? true, volume };
}

function tooSmall(snapshot: SnapshotFacts, sizeGib: number): ServiceError {
  return invalidMapping(`Volume of size ${sizeGib}GB is smaller than snapshot '${snapshot.snapshotId}', expect size>= ${snapshot.sizeGib}GB`);
}

function invalidMapping(message: string): ServiceError {
  return ec2Error("InvalidBlockDeviceMapping", message);
}
