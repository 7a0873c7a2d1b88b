import type { DescribeVolumesCommandInput, Volume } from "@aws-sdk/client-ec2";
import type { CallOptions, Tags, VolumeDescription } from "../../../ports/index.js";
import { hasTags, tagFilters } from "./ec2-answer.js";
import { callEc2, volumeNotFound, type Ec2Door } from "./ec2-door.js";
import { describeVolume } from "./volume-description.js";
import { maxResults, walkPages } from "./walk-pages.js";

const operation = "DescribeVolumes";
/** All states but deleting, deleted and error. */
const livingStates = ["creating", "available", "in-use"];

/** Volumes that carry all of `tags` and are not about to go. */
export async function* volumesByTags(door: Ec2Door, tags: Tags, options: CallOptions): AsyncGenerator<VolumeDescription> {
  const filters = [{ Name: "status", Values: livingStates }, ...tagFilters(tags)];
  const pages = walkPages(operation, async (nextToken) => {
    const answer = await describe(door, { Filters: filters, MaxResults: maxResults, ...(nextToken === undefined ? {} : { NextToken: nextToken }) }, undefined, options);
    return { items: answer.Volumes ?? [], nextToken: answer.NextToken };
  });
  for await (const volume of pages) {
    const description = describeVolume(volume, operation);
    if (hasTags(description.tags, tags)) yield description;
  }
}

/** One volume as DescribeVolumes has it, in whatever state. */
export async function findVolume(door: Ec2Door, volumeId: string, options: CallOptions): Promise<{ readonly volume: Volume; readonly description: VolumeDescription }> {
  const answer = await describe(door, { VolumeIds: [volumeId] }, volumeId, options);
  const volume = answer.Volumes?.find((candidate) => candidate.VolumeId === volumeId);
  if (volume === undefined) throw volumeNotFound(volumeId, door.region);
  return { volume, description: describeVolume(volume, operation) };
}

async function describe(door: Ec2Door, input: DescribeVolumesCommandInput, resource: string | undefined, { signal }: CallOptions) {
  return await callEc2(door, { operation, resource, signal }, async (attempt) => await door.ec2.send((aws) => new aws.DescribeVolumesCommand(input), { abortSignal: attempt.signal }));
}
