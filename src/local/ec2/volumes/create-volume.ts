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
    ...["TagSpecifications", "Throughput", "ClientToken"] as const,
  ]);
  const use = { operation: "CreateVolume", input, context };
  const [earlier] = environment.clientTokens.find(use) ?? [];
  if (earlier !== undefined) return describeVolume(environment, requireVolume(environment, context, earlier));
  const zone = zoneOf(input, context.region);
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
  const volume = environment.blocks.createVolume({ accountId, region, availabilityZone: zone, ...plan, tags: { ...tags } });
  environment.blocks.records.commit(environment.clientTokens.changes(use, [volume.volumeId]));
  return describeVolume(environment, volume);
}

function zoneOf({ AvailabilityZone: name, AvailabilityZoneId: id }: ec2.CreateVolumeRequest, region: string): string {
  if (name !== undefined && id !== undefined) throw invalidCombination("Only one of AvailabilityZone and AvailabilityZoneId may be specified.");
  if (name === undefined && id === undefined) throw missingParameter("AvailabilityZone");
  return requireZone(region, { name, id }).name;
}
