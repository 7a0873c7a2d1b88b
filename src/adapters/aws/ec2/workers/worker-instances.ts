import type { Instance } from "@aws-sdk/client-ec2";
import { HoldfastError, ProviderError } from "../../../../errors/index.js";
import type { CallOptions, Tags, WorkerInstance } from "../../../../ports/index.js";
import { hasTags, tagFilters, tagsOf } from "../ec2-answer.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { maxResults, walkPages } from "../walk-pages.js";

const states: readonly WorkerInstance["state"][] = ["pending", "running", "shutting-down", "terminated", "stopping", "stopped"];

/** Instances that carry all of `tags`, whatever their state. */
export async function* workersByTags(door: Ec2Door, tags: Tags, { signal }: CallOptions): AsyncGenerator<WorkerInstance> {
  const operation = "DescribeInstances";
  const pages = walkPages(operation, async (nextToken) => {
    const input = { Filters: tagFilters(tags), MaxResults: maxResults, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
    const answer = await callEc2(door, { operation, signal }, async (attempt) => await door.ec2.send((aws) => new aws.DescribeInstancesCommand(input), { abortSignal: attempt.signal }));
    return { items: (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []), nextToken: answer.NextToken };
  });
  for await (const instance of pages) {
    const worker = describeWorker(instance, operation);
    if (hasTags(worker.tags, tags)) yield worker;
  }
}

/** Ends instances, each on its own where one of them is not there any more. */
export async function terminateWorkers(door: Ec2Door, instanceIds: readonly string[], options: CallOptions): Promise<void> {
  const operation = "TerminateInstances";
  for (const instanceId of instanceIds) {
    try {
      await callEc2(door, { operation, resource: instanceId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.TerminateInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal: signal }));
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.code === "InstanceNotFound")) throw error;
    }
  }
}

export function describeWorker(instance: Instance, operation: string): WorkerInstance {
  const { InstanceId: instanceId, InstanceType: instanceType, State: state, StateReason: reason, SubnetId: subnetId } = instance;
  const name = states.find((known) => known === state?.Name);
  if (instanceId === undefined || instanceType === undefined || name === undefined) {
    throw new ProviderError(`ec2:${operation} described an instance without its id, type or state: the endpoint does not speak EC2 as AWS does.`, { code: "InvalidAnswer", service: "ec2", operation });
  }
  return { instanceId, instanceType, state: name, tags: tagsOf(instance.Tags), ...(reason?.Code !== undefined && { stateReason: reason.Code }), ...(subnetId !== undefined && { subnetId }) };
}
