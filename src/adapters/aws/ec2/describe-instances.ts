import type { DescribeInstancesCommandInput, Instance } from "@aws-sdk/client-ec2";
import type { CallOptions, InstanceDescription, Tags } from "../../../ports/index.js";
import { hasTags, tagFilters } from "./ec2-answer.js";
import { callEc2, instanceNotFound, type Ec2Door } from "./ec2-door.js";
import { describeInstance } from "./instance-description.js";
import { captureInstance } from "./instances/capture-instance.js";
import { maxResults, walkPages } from "./walk-pages.js";

const operation = "DescribeInstances";
/** All states but terminated and shutting-down. */
const livingStates = ["pending", "running", "stopping", "stopped"];

/** Instances that carry all of `tags`, neither terminated nor shutting down. */
export async function* instancesByTags(door: Ec2Door, tags: Tags, options: CallOptions): AsyncGenerator<InstanceDescription> {
  const filters = [{ Name: "instance-state-name", Values: livingStates }, ...tagFilters(tags)];
  const pages = walkPages(operation, async (nextToken) => {
    const answer = await describe(door, { Filters: filters, MaxResults: maxResults, ...(nextToken === undefined ? {} : { NextToken: nextToken }) }, undefined, options);
    return { items: instancesOf(answer.Reservations), nextToken: answer.NextToken };
  });
  for await (const instance of pages) {
    const description = describeInstance(instance);
    if (isLiving(instance) && hasTags(description.tags, tags)) yield description;
  }
}

/** One instance with everything that a restore of it needs. */
export async function findInstance(door: Ec2Door, instanceId: string, options: CallOptions): Promise<InstanceDescription> {
  const answer = await describe(door, { InstanceIds: [instanceId] }, instanceId, options);
  const instance = instancesOf(answer.Reservations).find((candidate) => candidate.InstanceId === instanceId);
  if (instance === undefined || !isLiving(instance)) throw instanceNotFound(instanceId, door.region);
  return describeInstance(instance, await captureInstance(door, instance, instanceId, options));
}

/** The volumes of an instance, and which of them is the root. */
export async function findInstanceVolumes(door: Ec2Door, instanceId: string, options: CallOptions): Promise<{ readonly rootVolumeId: string | undefined; readonly volumeIds: readonly string[] }> {
  const answer = await describe(door, { InstanceIds: [instanceId] }, instanceId, options);
  const instance = instancesOf(answer.Reservations).find((candidate) => candidate.InstanceId === instanceId);
  if (instance === undefined || !isLiving(instance)) throw instanceNotFound(instanceId, door.region);
  const { volumes, rootDeviceName } = describeInstance(instance);
  return { rootVolumeId: volumes.find((volume) => volume.deviceName === rootDeviceName)?.volumeId, volumeIds: volumes.map(({ volumeId }) => volumeId) };
}

async function describe(door: Ec2Door, input: DescribeInstancesCommandInput, resource: string | undefined, { signal }: CallOptions) {
  return await callEc2(door, { operation, resource, signal }, async (attempt) => await door.ec2.send((aws) => new aws.DescribeInstancesCommand(input), { abortSignal: attempt.signal }));
}

function instancesOf(reservations: readonly { readonly Instances?: Instance[] | undefined }[] | undefined): Instance[] {
  return (reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
}

function isLiving(instance: Instance): boolean {
  return instance.State?.Name === undefined || livingStates.includes(instance.State.Name);
}
