import type { ModifyInstanceAttributeCommandInput } from "@aws-sdk/client-ec2";
import type { CallOptions, Tags } from "../../../../ports/index.js";
import { toTags } from "../ec2-answer.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";

async function modify(door: Ec2Door, input: ModifyInstanceAttributeCommandInput, options: CallOptions): Promise<void> {
  await callEc2(door, { operation: "ModifyInstanceAttribute", resource: input.InstanceId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.ModifyInstanceAttributeCommand(input), { abortSignal: signal }));
}

/** Replaces the user data of a stopped instance. */
export async function setUserData(door: Ec2Door, instanceId: string, base64: string, options: CallOptions): Promise<void> {
  await modify(door, { InstanceId: instanceId, UserData: { Value: Buffer.from(base64, "base64") } }, options);
}

/** One call each: EC2 takes one attribute at a time. */
export async function setProtection(door: Ec2Door, instanceId: string, { termination, stop }: { readonly termination?: boolean | undefined; readonly stop?: boolean | undefined }, options: CallOptions): Promise<void> {
  if (termination !== undefined) await modify(door, { InstanceId: instanceId, DisableApiTermination: { Value: termination } }, options);
  if (stop !== undefined) await modify(door, { InstanceId: instanceId, DisableApiStop: { Value: stop } }, options);
}

export async function readProtection(door: Ec2Door, instanceId: string, options: CallOptions): Promise<{ readonly termination: boolean; readonly stop: boolean }> {
  const read = async (Attribute: "disableApiTermination" | "disableApiStop") =>
    await callEc2(door, { operation: "DescribeInstanceAttribute", resource: instanceId, signal: options.signal }, async ({ signal }) =>
      await door.ec2.send((aws) => new aws.DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute }), { abortSignal: signal }),
    );
  return { termination: (await read("disableApiTermination")).DisableApiTermination?.Value ?? false, stop: (await read("disableApiStop")).DisableApiStop?.Value ?? false };
}

export async function setSourceDestCheck(door: Ec2Door, interfaceId: string, isChecked: boolean, options: CallOptions): Promise<void> {
  const input = { NetworkInterfaceId: interfaceId, SourceDestCheck: { Value: isChecked } };
  await callEc2(door, { operation: "ModifyNetworkInterfaceAttribute", resource: interfaceId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.ModifyNetworkInterfaceAttributeCommand(input), { abortSignal: signal }));
}

/** Gives an interface an address that nobody else has: one that is in use stays where it is. */
export async function associateAddress(door: Ec2Door, place: { readonly allocationId: string; readonly interfaceId: string; readonly privateIp: string | undefined }, options: CallOptions): Promise<void> {
  const { allocationId, interfaceId, privateIp } = place;
  const input = { AllocationId: allocationId, NetworkInterfaceId: interfaceId, AllowReassociation: false, ...(privateIp !== undefined && { PrivateIpAddress: privateIp }) };
  await callEc2(door, { operation: "AssociateAddress", resource: allocationId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.AssociateAddressCommand(input), { abortSignal: signal }));
}

export async function tagResources(door: Ec2Door, resourceIds: readonly string[], tags: Tags, options: CallOptions): Promise<void> {
  if (resourceIds.length === 0 || Object.keys(tags).length === 0) return;
  const input = { Resources: [...resourceIds], Tags: toTags(tags) };
  await callEc2(door, { operation: "CreateTags", resource: resourceIds[0], signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.CreateTagsCommand(input), { abortSignal: signal }));
}

export async function untagResources(door: Ec2Door, resourceIds: readonly string[], keys: readonly string[], options: CallOptions): Promise<void> {
  if (resourceIds.length === 0) return;
  const input = { Resources: [...resourceIds], Tags: keys.map((Key) => ({ Key })) };
  await callEc2(door, { operation: "DeleteTags", resource: resourceIds[0], signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DeleteTagsCommand(input), { abortSignal: signal }));
}
