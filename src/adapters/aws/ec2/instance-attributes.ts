import type { DescribeInstanceAttributeCommandOutput, InstanceAttributeName } from "@aws-sdk/client-ec2";
import { HoldfastError } from "../../../errors/index.js";
import type { CallOptions } from "../../../ports/index.js";
import { callEc2, type Ec2Door } from "./ec2-door.js";

interface AttributeReader {
  readonly attribute: InstanceAttributeName;
  /** The name in the description: as RunInstances calls it. */
  readonly name: string;
  readonly valueOf: (answer: DescribeInstanceAttributeCommandOutput) => string | boolean | undefined;
}

const readers: readonly AttributeReader[] = [
  { attribute: "userData", name: "UserData", valueOf: (answer) => answer.UserData?.Value },
  { attribute: "disableApiTermination", name: "DisableApiTermination", valueOf: (answer) => answer.DisableApiTermination?.Value },
  { attribute: "instanceInitiatedShutdownBehavior", name: "InstanceInitiatedShutdownBehavior", valueOf: (answer) => answer.InstanceInitiatedShutdownBehavior?.Value },
  { attribute: "disableApiStop", name: "DisableApiStop", valueOf: (answer) => answer.DisableApiStop?.Value },
];

/**
 * What RunInstances can set and DescribeInstances does not tell. An attribute without a value is `null`; one that may not be
 * read (`ec2:DescribeInstanceAttribute` is not allowed) is missing, and named in `UnreadableAttributes`.
 */
export async function readInstanceAttributes(door: Ec2Door, instanceId: string, options: CallOptions): Promise<Readonly<Record<string, unknown>>> {
  const attributes: Record<string, unknown> = {};
  const unreadable: string[] = [];
  for (const { attribute, name, valueOf } of readers) {
    try {
      const answer = await callEc2(door, { operation: "DescribeInstanceAttribute", resource: instanceId, signal: options.signal }, async ({ signal }) =>
        await door.ec2.send((aws) => new aws.DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: attribute }), { abortSignal: signal }),
      );
      attributes[name] = valueOf(answer) ?? null;
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.code === "AccessDenied")) throw error;
      unreadable.push(name);
    }
  }
  return unreadable.length === 0 ? attributes : { ...attributes, UnreadableAttributes: unreadable };
}
