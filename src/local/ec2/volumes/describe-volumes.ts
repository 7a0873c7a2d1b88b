import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { describeVolume } from "./describe-volume.js";
import { volumesOf } from "./find-volume.js";

const readers: FilterReaders<ec2.Volume> = {
  "attachment.attach-time": (volume) => volume.Attachments?.map((attachment) => attachment.AttachTime),
  "attachment.delete-on-termination": (volume) => volume.Attachments?.map((attachment) => attachment.DeleteOnTermination),
  "attachment.device": (volume) => volume.Attachments?.map((attachment) => attachment.Device),
  "attachment.instance-id": (volume) => volume.Attachments?.map((attachment) => attachment.InstanceId),
  "attachment.status": (volume) => volume.Attachments?.map((attachment) => attachment.State),
  "availability-zone": (volume) => volume.AvailabilityZone,
  "availability-zone-id": (volume) => volume.AvailabilityZoneId,
  "create-time": (volume) => volume.CreateTime,
  encrypted: (volume) => volume.Encrypted,
  "fast-restored": () => false,
  "multi-attach-enabled": (volume) => volume.MultiAttachEnabled,
  size: (volume) => volume.Size,
  "snapshot-id": (volume) => volume.SnapshotId,
  status: (volume) => volume.State,
  "volume-id": (volume) => volume.VolumeId,
  "volume-type": (volume) => volume.VolumeType,
};

export function describeVolumes(environment: Ec2Environment, input: ec2.DescribeVolumesRequest, context: RequestContext): ec2.DescribeVolumesResult {
  const { items, nextToken } = takePage({
    items: volumesOf(environment, context).map((volume) => describeVolume(environment, volume)),
    idOf: (volume) => volume.VolumeId ?? "",
    ids: { kind: "volume", parameter: "volumeIds", values: input.VolumeIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Volumes: items, NextToken: nextToken };
}
