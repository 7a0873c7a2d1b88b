import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidCombination, invalidValue } from "../ec2-error.js";
import { requireGroup } from "../network/network.js";
import { requireResource } from "../resource-id.js";
import { instancesOf } from "./find-instance.js";
import type { InstanceInterface, InstanceRecord } from "./instance-record.js";

/** All network interfaces of an instance, the primary one first. */
export function interfacesOf(instance: InstanceRecord): InstanceInterface[] {
  const primary: InstanceInterface = {
    networkInterfaceId: instance.networkInterfaceId,
    deviceIndex: 0,
    networkCardIndex: 0,
    subnetId: instance.subnetId,
    address: instance.privateIpAddress,
    secondaryAddresses: instance.secondaryAddresses ?? [],
    groupIds: instance.securityGroupIds,
    description: instance.interfaceDescription ?? "",
    deleteOnTermination: instance.keepsInterface !== true,
    isSourceDestChecked: instance.isSourceDestChecked,
  };
  return [primary, ...(instance.furtherInterfaces ?? [])];
}

/** Changes one attribute of an interface that an instance has: its groups, its description, its source/destination check, or whether it goes with the instance. */
export function modifyNetworkInterfaceAttribute(environment: Ec2Environment, input: ec2.ModifyNetworkInterfaceAttributeRequest, context: RequestContext): void {
  acceptOnly(input, ["NetworkInterfaceId", "SourceDestCheck", "Groups", "Description", "Attachment"]);
  const { instance, changed } = requireResource("network-interface", input.NetworkInterfaceId, (id) => {
    const found = instancesOf(environment, context).find((candidate) => candidate.target !== "terminated" && interfacesOf(candidate).some((one) => one.networkInterfaceId === id));
    const one = found === undefined ? undefined : interfacesOf(found).find((candidate) => candidate.networkInterfaceId === id);
    return found === undefined || one === undefined ? undefined : { instance: found, changed: one };
  });
  const given = [input.SourceDestCheck, input.Groups, input.Description, input.Attachment].filter((part) => part !== undefined);
  if (given.length !== 1) throw invalidCombination("Exactly one attribute of a network interface can be changed by a request");
  for (const groupId of input.Groups ?? []) requireGroup(environment, context, groupId);
  if (input.Groups?.length === 0) throw invalidValue("A network interface needs at least one security group.");
  const after: InstanceInterface = {
    ...changed,
    ...(input.SourceDestCheck?.Value === undefined ? {} : { isSourceDestChecked: input.SourceDestCheck.Value }),
    ...(input.Groups === undefined ? {} : { groupIds: input.Groups }),
    ...(input.Description?.Value === undefined ? {} : { description: input.Description.Value }),
    ...(input.Attachment?.DeleteOnTermination === undefined ? {} : { deleteOnTermination: input.Attachment.DeleteOnTermination }),
  };
  const { tables, blocks } = environment;
  blocks.records.commit([tables.instances.put(instance.instanceId, withInterface(instance, after))]);
}

function withInterface(instance: InstanceRecord, after: InstanceInterface): InstanceRecord {
  if (after.networkInterfaceId === instance.networkInterfaceId) {
    const { groupIds: securityGroupIds, description: interfaceDescription, deleteOnTermination, isSourceDestChecked } = after;
    return { ...instance, securityGroupIds, interfaceDescription, keepsInterface: !deleteOnTermination, isSourceDestChecked };
  }
  return { ...instance, furtherInterfaces: (instance.furtherInterfaces ?? []).map((one) => (one.networkInterfaceId === after.networkInterfaceId ? after : one)) };
}
