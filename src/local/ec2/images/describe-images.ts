import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { describeTagList } from "../tags/tag-rules.js";
import { visibleImages } from "./find-image.js";
import type { ImageDevice, ImageLicence, ImageRecord } from "./image-record.js";

const readers: FilterReaders<ec2.Image> = {
  architecture: (image) => image.Architecture,
  "block-device-mapping.delete-on-termination": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.DeleteOnTermination),
  "block-device-mapping.device-name": (image) => image.BlockDeviceMappings?.map((device) => device.DeviceName),
  "block-device-mapping.encrypted": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.Encrypted),
  "block-device-mapping.snapshot-id": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.SnapshotId),
  "block-device-mapping.volume-size": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.VolumeSize),
  "block-device-mapping.volume-type": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.VolumeType),
  "creation-date": (image) => image.CreationDate,
  description: (image) => image.Description,
  "ena-support": (image) => image.EnaSupport,
  hypervisor: (image) => image.Hypervisor,
  "image-id": (image) => image.ImageId,
  "image-type": (image) => image.ImageType,
  "is-public": (image) => image.Public,
  name: (image) => image.Name,
  "owner-alias": (image) => image.ImageOwnerAlias,
  "owner-id": (image) => image.OwnerId,
  platform: (image) => image.Platform,
  "root-device-name": (image) => image.RootDeviceName,
  "root-device-type": (image) => image.RootDeviceType,
  state: (image) => image.State,
  "virtualization-type": (image) => image.VirtualizationType,
};

export function describeImages(environment: Ec2Environment, input: ec2.DescribeImagesRequest, context: RequestContext): ec2.DescribeImagesResult {
  acceptOnly(input, ["ExecutableUsers", "ImageIds", "Owners", "IncludeDeprecated", "IncludeDisabled", "MaxResults", "NextToken", "Filters"]);
  const isWanted = ownerTest(input.Owners ?? [], context);
  const mayRun = userTest(input.ExecutableUsers ?? [], context);
  const { items, nextToken } = takePage({
    items: visibleImages(environment, context)
      .filter((image) => isWanted(image) && mayRun(image))
      .map(describeImage),
    idOf: (image) => image.ImageId ?? "",
    ids: { kind: "image", parameter: "imageIds", values: input.ImageIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Images: items, NextToken: nextToken };
}

function ownerTest(owners: readonly string[], { accountId }: RequestContext): (image: ImageRecord) => boolean {
  for (const owner of owners) {
    if (!/^(self|amazon|aws-marketplace|aws-backup-vault|\d{12})$/.test(owner)) throw invalidValue(`Invalid value '${owner}' for owner.`);
  }
  return (image) =>
    owners.length === 0 ||
    owners.some((owner) => owner === image.accountId || owner === image.ownerAlias || (owner === "self" && image.accountId === accountId));
}

/** `self` asks for what was shared with the caller, which nothing is here; its own images are not meant. */
function userTest(users: readonly string[], { accountId }: RequestContext): (image: ImageRecord) => boolean {
  if (users.length === 0) return () => true;
  return (image) => image.isPublic && image.accountId !== accountId && users.includes("all");
}

function describeImage(image: ImageRecord): ec2.Image {
  return {
    ImageId: image.imageId,
    Name: image.name,
    Description: image.description,
    ImageLocation: `${image.ownerAlias ?? image.accountId}/${image.name}`,
    ImageOwnerAlias: image.ownerAlias,
    OwnerId: image.accountId,
    Public: image.isPublic,
    State: "available",
    CreationDate: image.createdAt,
    Architecture: image.architecture,
    ImageType: "machine",
    Hypervisor: "xen",
    VirtualizationType: "hvm",
    RootDeviceType: "ebs",
    RootDeviceName: image.rootDeviceName,
    BlockDeviceMappings: image.devices.map(describeDevice),
    EnaSupport: image.enaSupport,
    BootMode: image.bootMode as ec2.BootModeValues | undefined,
    ImdsSupport: image.imdsSupport as ec2.ImdsSupportValues | undefined,
    TpmSupport: image.tpmSupport as ec2.TpmSupportValues | undefined,
    Platform: image.licence?.platform,
    PlatformDetails: image.licence?.platformDetails ?? "Linux/UNIX",
    UsageOperation: image.licence?.usageOperation ?? "RunInstances",
    ProductCodes: describeProductCodes(image.licence),
    Tags: describeTagList(image.tags),
  };
}

/** The product codes of an image, or of what was launched from it. */
export function describeProductCodes(licence: ImageLicence | undefined): ec2.ProductCode[] {
  return (licence?.productCodes ?? []).map((ProductCodeId) => ({ ProductCodeId, ProductCodeType: "marketplace" }));
}

function describeDevice(device: ImageDevice): ec2.BlockDeviceMapping {
  return {
    DeviceName: device.deviceName,
    Ebs: {
      SnapshotId: device.snapshotId,
      VolumeSize: device.sizeGib,
      VolumeType: device.volumeType as ec2.VolumeType,
      Iops: device.iops,
      Throughput: device.throughputMiBps,
      Encrypted: device.encrypted ?? false,
      DeleteOnTermination: device.deleteOnTermination,
    },
  };
}
