import type { Instance } from "@aws-sdk/client-ec2";
import { HoldfastError } from "../../../../errors/index.js";
import type { CallOptions } from "../../../../ports/index.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { readInstanceAttributes } from "../instance-attributes.js";

/** The version of what is captured of an instance; what was captured before there was one is version 1. */
const captureVersion = 2;

/**
 * What RunInstances can set and DescribeInstances does not tell, or not wholly: attributes, network interfaces, CPU credits. What may not be
 * read is missing, and named in `UnreadableAttributes`: a backup does not fail for it.
 */
export async function captureInstance(door: Ec2Door, instance: Instance, instanceId: string, options: CallOptions): Promise<Readonly<Record<string, unknown>>> {
  const { UnreadableAttributes: unreadable = [], ...attributes } = await readInstanceAttributes(door, instanceId, options);
  const captured: Record<string, unknown> = { CaptureVersion: captureVersion, ...attributes };
  const missing = [...(unreadable as readonly string[])];
  const take = async (name: string, read: () => Promise<unknown>): Promise<void> => {
    try {
      captured[name] = await read();
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.code === "AccessDenied")) throw error;
      missing.push(name);
    }
  };
  await take("Interfaces", async () => await readInterfaces(door, instanceId, options));
  if (/^t\d/.test(instance.InstanceType ?? "")) await take("CreditSpecification", async () => await readCredits(door, instanceId, options));
  return missing.length === 0 ? captured : { ...captured, UnreadableAttributes: missing };
}

async function readInterfaces(door: Ec2Door, instanceId: string, options: CallOptions): Promise<unknown> {
  const input = { Filters: [{ Name: "attachment.instance-id", Values: [instanceId] }] };
  // an instance has at most a few dozen: AWS answers them on one page
  const answer = await callEc2(door, { operation: "DescribeNetworkInterfaces", resource: instanceId, signal: options.signal }, async ({ signal }) =>
    await door.ec2.send((aws) => new aws.DescribeNetworkInterfacesCommand(input), { abortSignal: signal }),
  );
  return [...(answer.NetworkInterfaces ?? [])].sort((a, b) => (a.Attachment?.DeviceIndex ?? 0) - (b.Attachment?.DeviceIndex ?? 0));
}

async function readCredits(door: Ec2Door, instanceId: string, options: CallOptions): Promise<unknown> {
  const answer = await callEc2(door, { operation: "DescribeInstanceCreditSpecifications", resource: instanceId, signal: options.signal }, async ({ signal }) =>
    await door.ec2.send((aws) => new aws.DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [instanceId] }), { abortSignal: signal }),
  );
  const [found] = answer.InstanceCreditSpecifications ?? [];
  return found?.CpuCredits === undefined ? null : { CpuCredits: found.CpuCredits };
}
