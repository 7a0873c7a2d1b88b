import type * as ec2 from "@aws-sdk/client-ec2";
import { passRole } from "../../iam/iam-permissions.js";
import type { ReadKey } from "../../policies/policy-request.js";
import type { RequestContext } from "../../service.js";
import type { Permission } from "../../wire/permission.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { spotRolePermissions } from "../instances/spot-role.js";
import { ec2Arn } from "./resource-arn.js";
import { either, keys, keysOfResource, keysOfTags } from "./resource-keys.js";

const ACTION = "ec2:RunInstances";

/** What RunInstances needs: to use what is named, to make what is made, and to pass the profile's role. */
export function launchPermissions(environment: Ec2Environment, input: ec2.RunInstancesRequest, context: RequestContext): Permission[] {
  const { NetworkInterfaces: [network] = [], ImageId: imageId = "*", KeyName: keyName } = input;
  const subnetId = network?.SubnetId ?? input.SubnetId;
  const subnetIds = (input.NetworkInterfaces ?? [{ SubnetId: input.SubnetId }]).map((one) => one.SubnetId ?? "*");
  const groupIds = [...new Set((input.NetworkInterfaces ?? []).flatMap((one) => one.Groups ?? []).concat(input.SecurityGroupIds ?? []))];
  const existing = (input.NetworkInterfaces ?? []).flatMap((one) => one.NetworkInterfaceId ?? []);
  const named = (kind: "image" | "subnet" | "security-group" | "snapshot" | "network-interface", id: string): Permission => ({
    action: ACTION,
    resource: ec2Arn(context, kind, id),
    read: keysOfResource(environment, context, id),
  });
  const made = (kind: "instance" | "volume" | "network-interface", read: ReadKey): Permission => ({
    action: ACTION,
    resource: ec2Arn(context, kind, "*"),
    read: either(keysOfTags(input.TagSpecifications?.find((specification) => specification.ResourceType === kind)?.Tags ?? []), read),
  });
  const devices = (input.BlockDeviceMappings ?? []).map((mapping) => mapping.Ebs ?? {});
  const snapshots = devices.map((device) => device.SnapshotId).filter((id) => id !== undefined);
  return [
    named("image", imageId),
    made("instance", keysOfInstance(environment, input, context)),
    made("network-interface", keys({ "ec2:AssociatePublicIpAddress": flag(network?.AssociatePublicIpAddress), "ec2:Subnet": subnetId && ec2Arn(context, "subnet", subnetId) })),
    ...(devices.length === 0 ? [{}] : devices).map((device) => made("volume", keysOfDevice(device))),
    ...[...new Set(subnetIds)].map((id) => named("subnet", id)),
    ...existing.map((id) => named("network-interface", id)),
    ...(groupIds.length === 0 ? ["*"] : groupIds).map((id) => named("security-group", id)),
    ...snapshots.map((id) => named("snapshot", id)),
    ...(keyName === undefined ? [] : [{ action: ACTION, resource: ec2Arn(context, "key-pair", keyName) }]),
    ...passedRoles(environment, input, context),
    ...spotRolePermissions(environment.iam, input, context),
  ];
}

function keysOfInstance(environment: Ec2Environment, input: ec2.RunInstancesRequest, context: RequestContext): ReadKey {
  const { MetadataOptions: metadata, IamInstanceProfile: profile } = input;
  return keys({
    "ec2:InstanceType": input.InstanceType ?? undefined,
    "ec2:InstanceMarketType": input.InstanceMarketOptions?.MarketType ?? "on-demand",
    "ec2:MetadataHttpTokens": metadata?.HttpTokens ?? undefined,
    "ec2:MetadataHttpEndpoint": metadata?.HttpEndpoint ?? undefined,
    "ec2:InstanceProfile": profile?.Arn ?? environment.iam?.findInstanceProfile(context.accountId, profile?.Name ?? "")?.arn,
    "ec2:EbsOptimized": flag(input.EbsOptimized),
    "ec2:Tenancy": input.Placement?.Tenancy ?? "default",
    "ec2:Region": context.region,
  });
}

function keysOfDevice({ Encrypted: encrypted, VolumeType: type, VolumeSize: size }: ec2.EbsBlockDevice): ReadKey {
  return keys({ "ec2:Encrypted": flag(encrypted ?? false), "ec2:VolumeType": type, "ec2:VolumeSize": size === undefined ? undefined : String(size) });
}

/** Who launches with a profile hands its role to EC2. */
function passedRoles({ iam }: Ec2Environment, { IamInstanceProfile: profile }: ec2.RunInstancesRequest, { accountId }: RequestContext): Permission[] {
  const name = profile?.Name ?? profile?.Arn?.split("/").at(-1);
  const roleName = name === undefined ? undefined : iam?.findInstanceProfile(accountId, name)?.roleName;
  const role = roleName === undefined ? undefined : iam?.findRole(accountId, roleName);
  return role === undefined ? [] : [passRole(role.arn, "ec2.amazonaws.com")];
}

function flag(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
