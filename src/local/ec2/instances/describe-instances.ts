import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { describeInstance } from "./describe-instance.js";
import { instancesOf } from "./find-instance.js";

/** An instance with what its reservation says of it. */
interface Item extends ec2.Instance {
  readonly reservationId: string;
  readonly ownerId: string;
}

const readers: FilterReaders<Item> = {
  architecture: (item) => item.Architecture,
  "availability-zone": (item) => item.Placement?.AvailabilityZone,
  "block-device-mapping.attach-time": (item) => item.BlockDeviceMappings?.map((device) => device.Ebs?.AttachTime),
  "block-device-mapping.delete-on-termination": (item) => item.BlockDeviceMappings?.map((device) => device.Ebs?.DeleteOnTermination),
  "block-device-mapping.device-name": (item) => item.BlockDeviceMappings?.map((device) => device.DeviceName),
  "block-device-mapping.status": (item) => item.BlockDeviceMappings?.map((device) => device.Ebs?.Status),
  "block-device-mapping.volume-id": (item) => item.BlockDeviceMappings?.map((device) => device.Ebs?.VolumeId),
  "boot-mode": (item) => item.BootMode,
  "client-token": (item) => item.ClientToken,
  "dns-name": (item) => item.PublicDnsName,
  hypervisor: (item) => item.Hypervisor,
  "iam-instance-profile.arn": (item) => item.IamInstanceProfile?.Arn,
  "iam-instance-profile.id": (item) => item.IamInstanceProfile?.Id,
  "image-id": (item) => item.ImageId,
  "instance-id": (item) => item.InstanceId,
  "instance-lifecycle": (item) => item.InstanceLifecycle,
  "instance-state-code": (item) => item.State?.Code,
  "instance-state-name": (item) => item.State?.Name,
  "instance-type": (item) => item.InstanceType,
  "instance.group-id": (item) => item.SecurityGroups?.map((group) => group.GroupId),
  "instance.group-name": (item) => item.SecurityGroups?.map((group) => group.GroupName),
  "ip-address": (item) => item.PublicIpAddress,
  "key-name": (item) => item.KeyName,
  "launch-index": (item) => item.AmiLaunchIndex,
  "launch-time": (item) => item.LaunchTime,
  "monitoring-state": (item) => item.Monitoring?.State,
  "network-interface.network-interface-id": (item) => item.NetworkInterfaces?.map((one) => one.NetworkInterfaceId),
  "network-interface.subnet-id": (item) => item.NetworkInterfaces?.map((one) => one.SubnetId),
  "network-interface.vpc-id": (item) => item.NetworkInterfaces?.map((one) => one.VpcId),
  "owner-id": (item) => item.ownerId,
  "private-dns-name": (item) => item.PrivateDnsName,
  "private-ip-address": (item) => item.PrivateIpAddress,
  reason: (item) => item.StateTransitionReason,
  "reservation-id": (item) => item.reservationId,
  "root-device-name": (item) => item.RootDeviceName,
  "root-device-type": (item) => item.RootDeviceType,
  "source-dest-check": (item) => item.SourceDestCheck,
  "spot-instance-request-id": (item) => item.SpotInstanceRequestId,
  "state-reason-code": (item) => item.StateReason?.Code,
  "subnet-id": (item) => item.SubnetId,
  tenancy: (item) => item.Placement?.Tenancy,
  "virtualization-type": (item) => item.VirtualizationType,
  "vpc-id": (item) => item.VpcId,
};

export function describeInstances(environment: Ec2Environment, input: ec2.DescribeInstancesRequest, context: RequestContext): ec2.DescribeInstancesResult {
  const { items, nextToken } = takePage<Item>({
    items: instancesOf(environment, context).map((instance) => ({
      ...describeInstance(environment, instance),
      reservationId: instance.reservationId,
      ownerId: instance.accountId,
    })),
    idOf: (item) => item.InstanceId ?? "",
    ids: { kind: "instance", parameter: "instancesSet", values: input.InstanceIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Reservations: groupByReservation(items), NextToken: nextToken };
}

function groupByReservation(items: readonly Item[]): ec2.Reservation[] {
  const byId = new Map<string, Item[]>();
  for (const item of items) byId.set(item.reservationId, [...(byId.get(item.reservationId) ?? []), item]);
  return [...byId].map(([ReservationId, Instances]) => ({ ReservationId, OwnerId: Instances[0]?.ownerId, Groups: [], Instances }));
}
