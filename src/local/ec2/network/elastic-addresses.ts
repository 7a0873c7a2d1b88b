import type * as ec2 from "@aws-sdk/client-ec2";
import { createHash } from "node:crypto";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination, missingParameter } from "../ec2-error.js";
import { instancesOf, requireInstance } from "../instances/find-instance.js";
import type { InstanceRecord } from "../instances/instance-record.js";
import { stateOf } from "../instances/instance-state.js";
import { takePage } from "../listing.js";
import { createId, requireResource } from "../resource-id.js";
import type { ElasticAddressRecord } from "./network-records.js";
import { addressesOf } from "./network.js";
import { tagNew, tagsOf } from "./network-tags.js";

/** The default quota: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html */
const MAX_ADDRESSES = 5;

export function allocateAddress(environment: Ec2Environment, input: ec2.AllocateAddressRequest, context: RequestContext): ec2.AllocateAddressResult {
  acceptOnly(input, ["Domain", "TagSpecifications"]);
  if (addressesOf(environment, context).length >= MAX_ADDRESSES) throw ec2Error("AddressLimitExceeded", "The maximum number of addresses has been reached.");
  const allocationId = createId("eipalloc");
  const digest = createHash("sha256").update(allocationId).digest();
  // of a block that is nobody's (RFC 5737)
  const publicIp = `203.0.113.${String(digest.readUInt8(0))}`;
  const record: ElasticAddressRecord = { accountId: context.accountId, region: context.region, allocationId, publicIp };
  environment.blocks.records.commit([environment.tables.addresses.put(allocationId, record), ...tagNew(environment, "elastic-ip", allocationId, input.TagSpecifications)]);
  return { AllocationId: allocationId, PublicIp: publicIp, Domain: "vpc" };
}

/** Gives an instance an address. It replaces a public address that the instance has. Only primary interfaces can have one here. */
export function associateAddress(environment: Ec2Environment, input: ec2.AssociateAddressRequest, context: RequestContext): ec2.AssociateAddressResult {
  acceptOnly(input, ["AllocationId", "InstanceId", "NetworkInterfaceId", "AllowReassociation", "PrivateIpAddress"]);
  const address = requireAddress(environment, input.AllocationId, context);
  const instance = instanceOf(environment, input, context);
  if (input.PrivateIpAddress !== undefined && input.PrivateIpAddress !== instance.privateIpAddress) throw ec2Error("UnsupportedOperation", "The local cloud gives elastic addresses to primary private addresses only.");
  const state = stateOf(environment, instance);
  if (state !== "running" && state !== "stopped") throw ec2Error("IncorrectInstanceState", `The pending instance '${instance.instanceId}' is not in a valid state for this operation.`);
  if (address.networkInterfaceId === instance.networkInterfaceId) return { AssociationId: address.associationId };
  if (address.networkInterfaceId !== undefined && input.AllowReassociation !== true) {
    throw ec2Error("Resource.AlreadyAssociated", `resource ${address.allocationId} is already associated with associate-id ${address.associationId ?? ""}`);
  }
  const { tables, blocks } = environment;
  const associationId = createId("eipassoc");
  const replaced = addressesOf(environment, context).filter((other) => other.networkInterfaceId === instance.networkInterfaceId);
  const former = instancesOf(environment, context).find((other) => other.networkInterfaceId === address.networkInterfaceId);
  blocks.records.commit([
    ...replaced.map((other) => tables.addresses.put(other.allocationId, freed(other))),
    ...(former === undefined ? [] : [tables.instances.put(former.instanceId, withoutPublicAddress(former))]),
    tables.addresses.put(address.allocationId, { ...address, associationId, networkInterfaceId: instance.networkInterfaceId, privateIpAddress: instance.privateIpAddress }),
    tables.instances.put(instance.instanceId, { ...instance, publicIpAddress: address.publicIp }),
  ]);
  return { AssociationId: associationId };
}

export function disassociateAddress(environment: Ec2Environment, input: ec2.DisassociateAddressRequest, context: RequestContext): void {
  acceptOnly(input, ["AssociationId"]);
  if (input.AssociationId === undefined) throw missingParameter("associationId");
  const address = addressesOf(environment, context).find((one) => one.associationId === input.AssociationId);
  if (address === undefined) throw ec2Error("InvalidAssociationID.NotFound", `The association ID '${input.AssociationId}' does not exist`);
  const instance = instancesOf(environment, context).find((one) => one.networkInterfaceId === address.networkInterfaceId);
  const { tables, blocks } = environment;
  blocks.records.commit([tables.addresses.put(address.allocationId, freed(address)), ...(instance === undefined ? [] : [tables.instances.put(instance.instanceId, withoutPublicAddress(instance))])]);
}

export function releaseAddress(environment: Ec2Environment, input: ec2.ReleaseAddressRequest, context: RequestContext): void {
  acceptOnly(input, ["AllocationId"]);
  const address = requireAddress(environment, input.AllocationId, context);
  if (address.associationId !== undefined) throw ec2Error("InvalidIPAddress.InUse", `Address ${address.publicIp} is in use.`);
  environment.blocks.records.commit([environment.tables.addresses.remove(address.allocationId), environment.tables.tags.remove(address.allocationId)]);
}

export function describeAddresses(environment: Ec2Environment, input: ec2.DescribeAddressesRequest, context: RequestContext): ec2.DescribeAddressesResult {
  const { items } = takePage<ec2.Address>({
    items: addressesOf(environment, context).map((address) => describe(environment, address, context)),
    idOf: (address) => address.AllocationId ?? "",
    ids: { kind: "elastic-ip", parameter: "allocationIds", values: input.AllocationIds },
    filters: input.Filters,
    readers: {
      "allocation-id": (address) => address.AllocationId,
      "association-id": (address) => address.AssociationId,
      "instance-id": (address) => address.InstanceId,
      "network-interface-id": (address) => address.NetworkInterfaceId,
      "private-ip-address": (address) => address.PrivateIpAddress,
      "public-ip": (address) => address.PublicIp,
    },
  });
  return { Addresses: items.filter((address) => input.PublicIps === undefined || input.PublicIps.length === 0 || input.PublicIps.includes(address.PublicIp ?? "")) };
}

function describe(environment: Ec2Environment, address: ElasticAddressRecord, context: RequestContext): ec2.Address {
  const instance = instancesOf(environment, context).find((one) => one.networkInterfaceId === address.networkInterfaceId);
  return {
    AllocationId: address.allocationId,
    PublicIp: address.publicIp,
    Domain: "vpc",
    AssociationId: address.associationId,
    NetworkInterfaceId: address.networkInterfaceId,
    PrivateIpAddress: address.privateIpAddress,
    InstanceId: instance?.instanceId,
    Tags: tagsOf(environment, address.allocationId),
  };
}

function requireAddress(environment: Ec2Environment, allocationId: string | undefined, context: RequestContext): ElasticAddressRecord {
  return requireResource("elastic-ip", allocationId, (id) => addressesOf(environment, context).find((address) => address.allocationId === id));
}

function instanceOf(environment: Ec2Environment, { InstanceId, NetworkInterfaceId }: ec2.AssociateAddressRequest, context: RequestContext): InstanceRecord {
  if ((InstanceId === undefined) === (NetworkInterfaceId === undefined)) throw invalidCombination("You must specify either an instance ID or a network interface ID, but not both");
  if (InstanceId !== undefined) return requireInstance(environment, context, InstanceId);
  return requireResource("network-interface", NetworkInterfaceId, (id) => instancesOf(environment, context).find((one) => one.target !== "terminated" && one.networkInterfaceId === id));
}

function freed({ accountId, region, allocationId, publicIp }: ElasticAddressRecord): ElasticAddressRecord {
  return { accountId, region, allocationId, publicIp };
}

function withoutPublicAddress(instance: InstanceRecord): InstanceRecord {
  const { publicIpAddress: _former, ...rest } = instance;
  return rest;
}
