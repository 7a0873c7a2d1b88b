import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidCombination, invalidValue, missingParameter } from "../ec2-error.js";
import { requireZone } from "../regions/zones.js";
import { readTagSpecifications } from "../tags/tag-specifications.js";
import { describeVolume } from "./describe-volume.js";
import { requireVolume } from "./find-volume.js";
import { resolveNewVolume } from "./new-volume.js";

/** The API's own default; the console's is gp3. */
const DEFAULT_TYPE = "gp2";

export function createVolume(environment: Ec2Environment, input: ec2.CreateVolumeRequest, context: RequestContext): ec2.Volume {
  acceptOnly(input, [
    ...["AvailabilityZone", "AvailabilityZoneId", "Encrypted", "Iops", "KmsKeyId", "Size", "SnapshotId", "VolumeType"] as const,
    ...["TagSpecifications", "Throughput", "ClientToken", "VolumeInitializationRate"] as const,
  ]);
  const use = { operation: "CreateVolume", input, context };
  const [earlier] = environment.clientTokens.find(use) ?? [];
  if (earlier !== undefined) return describeVolume(environment, requireVolume(environment, context, earlier));
  const zone = zoneOf(input, context.region);
  checkInitializationRate(input);
  const { volume: tags } = readTagSpecifications(input.TagSpecifications, ["volume"]);
  const plan = resolveNewVolume(environment, context, {
    sizeGib: input.Size,
    snapshotId: input.SnapshotId === "" ? undefined : input.SnapshotId,
    volumeType: input.VolumeType ?? DEFAULT_TYPE,
    iops: input.Iops,
    throughputMiBps: input.Throughput,
    encrypted: input.Encrypted,
    kmsKeyId: input.KmsKeyId,
    tooSmall: (snapshot, sizeGib) =>
      invalidValue(`The size of ${sizeGib} GiB is smaller than snapshot '${snapshot.snapshotId}', which has ${snapshot.sizeGib} GiB.`),
  });
  const { accountId, region } = context;
  const volume = environment.blocks.createVolume({ accountId, region, availabilityZone: zone, ...plan, initializationRateMiBps: input.VolumeInitializationRate, tags: { ...tags } });
  environment.blocks.records.commit(environment.clientTokens.changes(use, [volume.volumeId]));
  return describeVolume(environment, volume);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html */
function checkInitializationRate({ VolumeInitializationRate: rate, SnapshotId: snapshotId }: ec2.CreateVolumeRequest): void {
  if (rate === undefined) return;
  if (snapshotId === undefined || snapshotId === "") throw invalidCombination("VolumeInitializationRate can only be specified for volumes that are created from a snapshot.");
  if (!Number.isInteger(rate) || rate < 100 || rate > 300) throw invalidValue(`Volume initialization rate of ${rate} is not valid; it must be from 100 to 300.`);
}

function zoneOf({ AvailabilityZone: name, AvailabilityZoneId: id }: ec2.CreateVolumeRequest, region: string): string {
  if (name !== undefined && id !== undefined) throw invalidCombination("Only one of AvailabilityZone and AvailabilityZoneId may be specified.");
  if (name === undefined && id === undefined) throw missingParameter("AvailabilityZone");
  return requireZone(region, { name, id }).name;
}
