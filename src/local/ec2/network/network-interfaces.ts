import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { instancesOf } from "../instances/find-instance.js";
import { interfacesOf as interfacesOfInstance } from "../instances/instance-interfaces.js";
import { macAddressOf } from "../instances/instance-names.js";
import type { InstanceInterface } from "../instances/instance-record.js";
import { stateOf } from "../instances/instance-state.js";
import { takePage } from "../listing.js";
import { derivedId, requireResource } from "../resource-id.js";
import { addressesOf, endpointsOf, groupsOf, leftInterfacesOf, subnetsOf } from "./network.js";
import { tagsOf } from "./network-tags.js";

interface Facts {
  readonly id: string;
  readonly subnetId: string;
  readonly address: string;
  readonly secondaryAddresses?: readonly string[] | undefined;
  readonly attachment?: InstanceInterface;
  readonly groupIds: readonly string[];
  readonly description: string;
  readonly type: ec2.NetworkInterfaceType;
  readonly instanceId?: string;
  readonly publicAddress?: string | undefined;
  /** Undefined for one that its instance has left behind. */
  readonly attachedAt: string | undefined;
}

const readers: FilterReaders<Described> = {
  "addresses.private-ip-address": (one) => one.PrivateIpAddresses?.map((address) => address.PrivateIpAddress),
  "attachment.device-index": (one) => one.Attachment?.DeviceIndex,
  "attachment.instance-id": (one) => one.Attachment?.InstanceId,
  "availability-zone": (one) => one.AvailabilityZone,
  description: (one) => one.Description,
  "group-id": (one) => one.Groups?.map((group) => group.GroupId),
  "interface-type": (one) => one.InterfaceType,
  "network-interface-id": (one) => one.NetworkInterfaceId,
  "owner-id": (one) => one.OwnerId,
  "private-ip-address": (one) => one.PrivateIpAddress,
  status: (one) => one.Status,
  "subnet-id": (one) => one.SubnetId,
  "vpc-id": (one) => one.VpcId,
};

/** The network interfaces of instances that are not gone, and of endpoints. */
export function describeNetworkInterfaces(environment: Ec2Environment, input: ec2.DescribeNetworkInterfacesRequest, context: RequestContext): ec2.DescribeNetworkInterfacesResult {
  const { items, nextToken } = takePage<Described>({
    items: interfacesOf(environment, context).map((facts) => describe(environment, facts, context)),
    idOf: (one) => one.NetworkInterfaceId ?? "",
    ids: { kind: "network-interface", parameter: "networkInterfaceIds", values: input.NetworkInterfaceIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { NetworkInterfaces: items, NextToken: nextToken };
}

function interfacesOf(environment: Ec2Environment, context: RequestContext): Facts[] {
  const ofInstances = instancesOf(environment, context)
    .filter((instance) => stateOf(environment, instance) !== "terminated")
    .flatMap((instance) =>
      interfacesOfInstance(instance).map((one): Facts => {
        const { networkInterfaceId: id, subnetId, address, groupIds, description, secondaryAddresses } = one;
        const publicAddress = id === instance.networkInterfaceId ? instance.publicIpAddress : undefined;
        return { id, subnetId, address, groupIds, description, secondaryAddresses, type: "interface", instanceId: instance.instanceId, publicAddress, attachedAt: instance.launchedAt, attachment: one };
      }),
    );
  const ofEndpoints = endpointsOf(environment, context).flatMap(({ interfaces, groupIds, endpointId, createdAt }) =>
    interfaces.map(({ networkInterfaceId: id, subnetId, address }): Facts => ({ id, subnetId, address, groupIds, description: `VPC Endpoint Interface ${endpointId}`, type: "vpc_endpoint", attachedAt: createdAt })),
  );
  const left = leftInterfacesOf(environment, context).map(
    ({ networkInterfaceId: id, subnetId, address, secondaryAddresses, description = "", groupIds }): Facts => ({ id, subnetId, address, secondaryAddresses, groupIds, description, type: "interface", attachedAt: undefined }),
  );
  return [...ofInstances, ...ofEndpoints, ...left];
}

/** Interfaces have their tags under another name than everything else. */
type Described = ec2.NetworkInterface & { readonly Tags: ec2.Tag[] };

function describe(environment: Ec2Environment, facts: Facts, context: RequestContext): Described {
  const subnet = subnetsOf(environment, context).find((candidate) => candidate.subnetId === facts.subnetId);
  const groups = groupsOf(environment, context);
  const association = describeAssociation(environment, facts, context);
  return {
    NetworkInterfaceId: facts.id,
    InterfaceType: facts.type,
    Description: facts.description,
    OwnerId: context.accountId,
    Status: facts.attachedAt === undefined ? "available" : "in-use",
    RequesterManaged: facts.type === "vpc_endpoint",
    SourceDestCheck: facts.attachment?.isSourceDestChecked ?? true,
    SubnetId: facts.subnetId,
    VpcId: subnet?.vpcId,
    AvailabilityZone: subnet?.zoneName,
    MacAddress: macAddressOf(facts.id),
    PrivateIpAddress: facts.address,
    PrivateIpAddresses: [
      { Primary: true, PrivateIpAddress: facts.address, Association: association },
      ...(facts.secondaryAddresses ?? []).map((PrivateIpAddress) => ({ Primary: false, PrivateIpAddress })),
    ],
    Association: association,
    Groups: facts.groupIds.map((GroupId) => ({ GroupId, GroupName: groups.find((group) => group.groupId === GroupId)?.name })),
    Attachment: describeAttachment(facts),
    TagSet: tagsOf(environment, facts.id),
    Tags: tagsOf(environment, facts.id),
  };
}

function describeAssociation(environment: Ec2Environment, { id, publicAddress }: Facts, context: RequestContext): ec2.NetworkInterfaceAssociation | undefined {
  if (publicAddress === undefined) return undefined;
  const elastic = addressesOf(environment, context).find((address) => address.networkInterfaceId === id);
  if (elastic === undefined) return { PublicIp: publicAddress, IpOwnerId: "amazon" };
  return { PublicIp: publicAddress, IpOwnerId: context.accountId, AllocationId: elastic.allocationId, AssociationId: elastic.associationId };
}

function describeAttachment({ id, instanceId, attachedAt, attachment }: Facts): ec2.NetworkInterfaceAttachment | undefined {
  if (attachedAt === undefined) return undefined;
  return {
    AttachmentId: derivedId("eni-attach", id),
    InstanceId: instanceId,
    DeviceIndex: attachment?.deviceIndex ?? 1,
    NetworkCardIndex: attachment?.networkCardIndex ?? 0,
    DeleteOnTermination: attachment?.deleteOnTermination ?? true,
    Status: "attached",
    AttachTime: new Date(attachedAt),
  };
}

/** Deletes an interface that an instance has left behind: there are no others that are in no use. */
export function deleteNetworkInterface(environment: Ec2Environment, input: ec2.DeleteNetworkInterfaceRequest, context: RequestContext): void {
  acceptOnly(input, ["NetworkInterfaceId"]);
  const found = requireResource("network-interface", input.NetworkInterfaceId, (id) => interfacesOf(environment, context).find((facts) => facts.id === id));
  if (found.attachedAt !== undefined) throw ec2Error("InvalidParameterValue", `Network interface '${found.id}' is currently in use.`);
  environment.blocks.records.commit([environment.tables.leftInterfaces.remove(found.id), environment.tables.tags.remove(found.id)]);
}
