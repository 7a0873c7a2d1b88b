import { NotFoundError } from "../../../../errors/index.js";
import type { CallOptions, TaggedResource, Tags } from "../../../../ports/index.js";
import { hasTags, tagFilters, tagsOf } from "../ec2-answer.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { maxResults, walkPages } from "../walk-pages.js";

/** Volumes that carry all of `tags`, attached or not. */
export async function* taggedVolumes(door: Ec2Door, tags: Tags, { signal }: CallOptions): AsyncGenerator<TaggedResource> {
  const operation = "DescribeVolumes";
  const pages = walkPages(operation, async (nextToken) => {
    const input = { Filters: tagFilters(tags), MaxResults: maxResults, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
    const answer = await callEc2(door, { operation, signal }, async (attempt) => await door.ec2.send((aws) => new aws.DescribeVolumesCommand(input), { abortSignal: attempt.signal }));
    return { items: answer.Volumes ?? [], nextToken: answer.NextToken };
  });
  for await (const { VolumeId: id, State: state, Tags: list } of pages) {
    const found = tagsOf(list);
    if (id !== undefined && hasTags(found, tags) && state !== "deleting" && state !== "deleted") yield { id, isAttached: state === "in-use", tags: found };
  }
}

/** Network interfaces that carry all of `tags`, in use or not. */
export async function* taggedInterfaces(door: Ec2Door, tags: Tags, { signal }: CallOptions): AsyncGenerator<TaggedResource> {
  const operation = "DescribeNetworkInterfaces";
  const pages = walkPages(operation, async (nextToken) => {
    const input = { Filters: tagFilters(tags), MaxResults: maxResults, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
    const answer = await callEc2(door, { operation, signal }, async (attempt) => await door.ec2.send((aws) => new aws.DescribeNetworkInterfacesCommand(input), { abortSignal: attempt.signal }));
    return { items: answer.NetworkInterfaces ?? [], nextToken: answer.NextToken };
  });
  for await (const { NetworkInterfaceId: id, Status: status, TagSet: list } of pages) {
    const found = tagsOf(list);
    if (id !== undefined && hasTags(found, tags)) yield { id, isAttached: status !== "available", tags: found };
  }
}

/** Removes an interface that nothing uses. */
export async function deleteInterface(door: Ec2Door, interfaceId: string, options: CallOptions): Promise<void> {
  const operation = "DeleteNetworkInterface";
  const gone = new NotFoundError(`There is no network interface ${interfaceId} in ${door.region} for these credentials: it is removed already, or of another account.`, { code: "InterfaceNotFound", context: { interfaceId, region: door.region } });
  try {
    await callEc2(
      door,
      { operation, resource: interfaceId, signal: options.signal, translate: (failure) => (failure.code.startsWith("InvalidNetworkInterfaceI") ? gone : undefined) },
      async ({ signal }) => await door.ec2.send((aws) => new aws.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: interfaceId }), { abortSignal: signal }),
    );
  } catch (error) {
    if (error !== gone) throw error;
  }
}
