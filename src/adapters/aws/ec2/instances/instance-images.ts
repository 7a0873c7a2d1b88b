import type { BlockDeviceMapping, DescribeImagesCommandInput, Image, RegisterImageCommandInput, VolumeType } from "@aws-sdk/client-ec2";
import type { CallOptions, ImageNow, LaunchVolume, RegisterImageRequest, Tags } from "../../../../ports/index.js";
import { describeAwsFailure } from "../../aws-failure.js";
import { hasTags, present, tagFilters, tagsOf, toTags } from "../ec2-answer.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { capturedAttributes } from "./read-captured.js";

/** Registers an image; a name is an account's once in a region, so that one that was registered before is found by it. */
export async function registerImage(door: Ec2Door, request: RegisterImageRequest, options: CallOptions): Promise<string> {
  const operation = "RegisterImage";
  const input = imageInput(request);
  const byName = { Owners: ["self"], Filters: [{ Name: "name", Values: [request.name] }] };
  const answer = await callEc2(door, { operation, resource: request.name, permissions: ["ec2:RegisterImage", "ec2:CreateTags"], signal: options.signal }, async ({ signal }) => {
    try {
      return await door.ec2.send((aws) => new aws.RegisterImageCommand(input), { abortSignal: signal });
    } catch (error) {
      if (describeAwsFailure(error)?.code !== "InvalidAMIName.Duplicate") throw error;
      // made by an attempt whose answer was lost, or that the listing by tags did not show yet: but only if it is ours
      const { Images: images = [] } = await door.ec2.send((aws) => new aws.DescribeImagesCommand(byName), { abortSignal: signal });
      const own = images.find(({ Tags: tags }) => hasTags(tagsOf(tags), request.tags));
      if (own === undefined) throw error;
      return { ImageId: own.ImageId };
    }
  });
  return present(answer.ImageId, "ImageId", operation);
}

function imageInput(request: RegisterImageRequest): RegisterImageCommandInput {
  const { Architecture, BootMode, SriovNetSupport, EnaSupport, TpmSupport } = capturedAttributes(request.captured);
  return {
    Name: request.name,
    Description: request.description,
    ...(Architecture !== undefined && { Architecture }),
    VirtualizationType: "hvm",
    EnaSupport: EnaSupport ?? true,
    ...(SriovNetSupport !== undefined && { SriovNetSupport }),
    ...(BootMode !== undefined && { BootMode }),
    ...(TpmSupport === "v2.0" && { TpmSupport }),
    RootDeviceName: request.rootDeviceName,
    BlockDeviceMappings: request.volumes.map(deviceInput),
    TagSpecifications: [{ ResourceType: "image", Tags: toTags(request.tags) }],
  };
}

const gib = 2 ** 30;

function deviceInput(volume: LaunchVolume): BlockDeviceMapping {
  const { deviceName, snapshotId, sizeBytes, volumeType, iops, throughputMiBps, deleteOnTermination } = volume;
  return {
    DeviceName: deviceName,
    Ebs: {
      SnapshotId: snapshotId,
      VolumeSize: sizeBytes / gib,
      VolumeType: volumeType as VolumeType,
      DeleteOnTermination: deleteOnTermination,
      ...(iops !== undefined && { Iops: iops }),
      ...(throughputMiBps !== undefined && { Throughput: throughputMiBps }),
    },
  };
}

/** Removes an image; its snapshots stay. */
export async function deregisterImage(door: Ec2Door, imageId: string, options: CallOptions): Promise<void> {
  await callEc2(door, { operation: "DeregisterImage", resource: imageId, signal: options.signal }, async ({ signal, isOutcomeUnknown }) => {
    try {
      await door.ec2.send((aws) => new aws.DeregisterImageCommand({ ImageId: imageId }), { abortSignal: signal });
    } catch (error) {
      if (!(isOutcomeUnknown && isMissing(describeAwsFailure(error)?.code))) throw error;
    }
  });
}

export async function findImage(door: Ec2Door, imageId: string, options: CallOptions): Promise<ImageNow | undefined> {
  const input = { Filters: [{ Name: "image-id", Values: [imageId] }] };
  return (await describe(door, input, options)).find((image) => image.imageId === imageId);
}

/** Images of the account's own that carry all of `tags`. */
export async function imagesByTags(door: Ec2Door, tags: Tags, options: CallOptions): Promise<readonly ImageNow[]> {
  return (await describe(door, { Owners: ["self"], Filters: tagFilters(tags) }, options)).filter((image) => hasTags(image.tags, tags));
}

async function describe(door: Ec2Door, input: DescribeImagesCommandInput, options: CallOptions): Promise<ImageNow[]> {
  const answer = await callEc2(door, { operation: "DescribeImages", signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeImagesCommand(input), { abortSignal: signal }));
  return (answer.Images ?? []).map(imageNow);
}

function imageNow(image: Image): ImageNow {
  return {
    imageId: present(image.ImageId, "ImageId", "DescribeImages"),
    architecture: image.Architecture,
    rootDeviceName: image.RootDeviceName,
    usageOperation: image.UsageOperation,
    productCodes: (image.ProductCodes ?? []).flatMap(({ ProductCodeId: code }) => code ?? []),
    deviceNames: (image.BlockDeviceMappings ?? []).flatMap(({ DeviceName: name }) => name ?? []),
    tags: tagsOf(image.Tags),
  };
}

function isMissing(code: string | undefined): boolean {
  return code === "InvalidAMIID.NotFound" || code === "InvalidAMIID.Unavailable";
}
