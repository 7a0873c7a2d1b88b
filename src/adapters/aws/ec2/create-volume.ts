import type { CreateVolumeCommandInput, VolumeType } from "@aws-sdk/client-ec2";
import { ConflictError } from "../../../errors/index.js";
import type { CallOptions, CreateVolumeRequest, VolumeDescription } from "../../../ports/index.js";
import { toTags } from "./ec2-answer.js";
import { callEc2, type Ec2Door } from "./ec2-door.js";
import { describeVolume } from "./volume-description.js";

const operation = "CreateVolume";
const bytesPerGib = 2 ** 30;

/** Makes a volume out of a completed snapshot; the client token makes a repeated request give the same volume. */
export async function createVolume(door: Ec2Door, request: CreateVolumeRequest, options: CallOptions): Promise<VolumeDescription> {
  const input = volumeInput(request);
  const hasTags = Object.keys(request.tags).length > 0;
  const volume = await callEc2(
    door,
    {
      operation,
      resource: request.snapshotId,
      permissions: hasTags ? ["ec2:CreateVolume", "ec2:CreateTags"] : ["ec2:CreateVolume"],
      signal: options.signal,
      translate: (failure) =>
        failure.code !== "IncorrectState"
          ? undefined
          : new ConflictError(`The snapshot ${request.snapshotId} is not completed, so no volume can be made of it: wait for it (waitForSnapshot), or take another.`, {
              code: "SnapshotNotCompleted",
              retryable: true,
              context: { snapshotId: request.snapshotId, region: door.region },
            }),
    },
    async ({ signal }) => await door.ec2.send((aws) => new aws.CreateVolumeCommand(input), { abortSignal: signal }),
  );
  return describeVolume(volume, operation);
}

function volumeInput(request: CreateVolumeRequest): CreateVolumeCommandInput {
  const { sizeBytes, volumeType, iops, throughputMiBps, initializationRateMiBps, encrypted, kmsKeyId } = request;
  const tags = toTags(request.tags);
  return {
    SnapshotId: request.snapshotId,
    AvailabilityZone: request.availabilityZone,
    ClientToken: request.clientToken,
    ...(sizeBytes === undefined ? {} : { Size: sizeBytes / bytesPerGib }),
    // AWS adds types more often than this is released: whether the name is one is for AWS to say.
    ...(volumeType === undefined ? {} : { VolumeType: volumeType as VolumeType }),
    ...(iops === undefined ? {} : { Iops: iops }),
    ...(throughputMiBps === undefined ? {} : { Throughput: throughputMiBps }),
    ...(initializationRateMiBps === undefined ? {} : { VolumeInitializationRate: initializationRateMiBps }),
    ...(encrypted === undefined ? {} : { Encrypted: encrypted }),
    ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
    ...(tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: "volume" as const, Tags: tags }] }),
  };
}
