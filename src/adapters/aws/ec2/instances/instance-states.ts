import type { DescribeInstancesCommandInput, Instance } from "@aws-sdk/client-ec2";
import { HoldfastError, ProviderError } from "../../../../errors/index.js";
import type { CallOptions, InstanceNow, LaunchInstanceRequest, Tags } from "../../../../ports/index.js";
import { hasTags, present, tagFilters, tagsOf } from "../ec2-answer.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { poll } from "../poll.js";
import { maxResults, walkPages } from "../walk-pages.js";
import { launchInput } from "./launch-input.js";

/** EC2's listings lag behind: so long a new instance may not be found. */
const missingForMs = 60_000;
const describeOperation = "DescribeInstances";

/** An instance as it is, also a terminated one as long as EC2 tells of it. */
export async function findInstanceNow(door: Ec2Door, instanceId: string, options: CallOptions): Promise<InstanceNow | undefined> {
  try {
    const [found] = await describe(door, { InstanceIds: [instanceId] }, options, instanceId);
    return found === undefined ? undefined : instanceNow(found);
  } catch (error) {
    if (HoldfastError.isInstance(error) && error.code === "InstanceNotFound") return undefined;
    throw error;
  }
}

/** Instances that carry all of `tags`, neither terminated nor shutting down. */
export async function* instancesNowByTags(door: Ec2Door, tags: Tags, options: CallOptions): AsyncGenerator<InstanceNow> {
  const filters = [{ Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] }, ...tagFilters(tags)];
  const pages = walkPages(describeOperation, async (nextToken) => {
    const input = { Filters: filters, MaxResults: maxResults, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
    const answer = await callEc2(door, { operation: describeOperation, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeInstancesCommand(input), { abortSignal: signal }));
    return { items: (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []), nextToken: answer.NextToken };
  });
  for await (const instance of pages) {
    const now = instanceNow(instance);
    if (hasTags(now.tags, tags) && now.state !== "terminated" && now.state !== "shutting-down") yield now;
  }
}

/** Launches; the client token makes a repeated request give the same instance. */
export async function launchInstance(door: Ec2Door, request: LaunchInstanceRequest, options: CallOptions): Promise<string> {
  const operation = "RunInstances";
  const input = launchInput(request);
  const answer = await callEc2(
    door,
    { operation, resource: `${request.instanceType} in ${request.availabilityZone}`, permissions: ["ec2:RunInstances", "ec2:CreateTags", ...(request.instanceProfile === undefined ? [] : ["iam:PassRole"])], signal: options.signal },
    async ({ signal }) => await door.ec2.send((aws) => new aws.RunInstancesCommand(input), { abortSignal: signal }),
  );
  return present(answer.Instances?.[0]?.InstanceId, "InstanceId", operation);
}

export async function startInstance(door: Ec2Door, instanceId: string, options: CallOptions): Promise<void> {
  await callEc2(door, { operation: "StartInstances", resource: instanceId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.StartInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal: signal }));
  await waitForState(door, instanceId, "running", options);
}

export async function stopInstance(door: Ec2Door, instanceId: string, options: CallOptions): Promise<void> {
  await callEc2(door, { operation: "StopInstances", resource: instanceId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.StopInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal: signal }));
  await waitForState(door, instanceId, "stopped", options);
}

export async function terminateInstance(door: Ec2Door, instanceId: string, options: CallOptions): Promise<void> {
  await callEc2(door, { operation: "TerminateInstances", resource: instanceId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.TerminateInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal: signal }));
  await waitForState(door, instanceId, "terminated", options);
}

/** Waits for a state. `ProviderError` (`InstanceFailed`) where the instance goes another way. */
export async function waitForState(door: Ec2Door, instanceId: string, wanted: "running" | "stopped" | "terminated", options: CallOptions): Promise<InstanceNow> {
  const onTheWay: Readonly<Record<typeof wanted, readonly string[]>> = { running: ["pending"], stopped: ["running", "stopping", "pending"], terminated: ["running", "stopping", "stopped", "shutting-down", "pending"] };
  return await poll({ clock: door.clock, missingForMs, signal: options.signal }, async () => {
    const [found] = await describe(door, { InstanceIds: [instanceId] }, options, instanceId);
    const now = found === undefined ? undefined : instanceNow(found);
    if (now === undefined || now.state === wanted) return now;
    if (onTheWay[wanted].includes(now.state)) return undefined;
    throw new ProviderError(`The instance ${instanceId} in ${door.region} is ${now.state} instead of ${wanted}: ${found?.StateReason?.Message ?? "EC2 says no reason"}. Where its volumes are encrypted, see that their key is enabled and allows its use; then call again with the same id.`, {
      code: "InstanceFailed",
      service: "ec2",
      operation: describeOperation,
      context: { instanceId, region: door.region, state: now.state, reason: found?.StateReason?.Code },
    });
  });
}

/** Waits until both of EC2's checks have passed. `ProviderError` (`InstanceFailed`) where the instance does not run any more. */
export async function waitUntilHealthy(door: Ec2Door, instanceId: string, options: CallOptions): Promise<void> {
  const operation = "DescribeInstanceStatus";
  await poll({ clock: door.clock, missingForMs, signal: options.signal }, async () => {
    await waitForState(door, instanceId, "running", options);
    const answer = await callEc2(door, { operation, resource: instanceId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeInstanceStatusCommand({ InstanceIds: [instanceId] }), { abortSignal: signal }));
    const [status] = answer.InstanceStatuses ?? [];
    return status?.InstanceStatus?.Status === "ok" && status.SystemStatus?.Status === "ok" ? true : undefined;
  });
}

async function describe(door: Ec2Door, input: DescribeInstancesCommandInput, options: CallOptions, resource: string): Promise<readonly Instance[]> {
  const answer = await callEc2(door, { operation: describeOperation, resource, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeInstancesCommand(input), { abortSignal: signal }));
  return (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
}

function instanceNow(instance: Instance): InstanceNow {
  return {
    instanceId: present(instance.InstanceId, "InstanceId", describeOperation),
    state: present(instance.State?.Name, "State", describeOperation),
    instanceType: present(instance.InstanceType, "InstanceType", describeOperation),
    availabilityZone: present(instance.Placement?.AvailabilityZone, "Placement", describeOperation),
    ...(instance.PrivateIpAddress !== undefined && { privateIp: instance.PrivateIpAddress }),
    ...(instance.PublicIpAddress !== undefined && { publicIp: instance.PublicIpAddress }),
    tags: tagsOf(instance.Tags),
    rootDeviceName: instance.RootDeviceName,
    isEbsRooted: instance.RootDeviceType === "ebs",
    isSpot: instance.InstanceLifecycle === "spot",
    volumes: (instance.BlockDeviceMappings ?? []).flatMap(({ DeviceName: deviceName, Ebs: ebs }) =>
      ebs?.VolumeId === undefined || deviceName === undefined || ebs.Status === "detached" || ebs.Status === "detaching" ? [] : [{ volumeId: ebs.VolumeId, deviceName, deleteOnTermination: ebs.DeleteOnTermination ?? false }],
    ),
    interfaces: (instance.NetworkInterfaces ?? []).flatMap(({ NetworkInterfaceId: interfaceId, Attachment, SourceDestCheck }) =>
      interfaceId === undefined ? [] : [{ interfaceId, deviceIndex: Attachment?.DeviceIndex ?? 0, isSourceDestChecked: SourceDestCheck ?? true }],
    ),
  };
}
