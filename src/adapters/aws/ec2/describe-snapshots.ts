import type { DescribeSnapshotsCommandInput, Snapshot } from "@aws-sdk/client-ec2";
import type { CallOptions, SnapshotDescription, Tags } from "../../../ports/index.js";
import { hasTags, tagFilters } from "./ec2-answer.js";
import { callEc2, snapshotNotFound, type Ec2Door } from "./ec2-door.js";
import { describeSnapshot } from "./snapshot-description.js";
import { maxResults, walkPages } from "./walk-pages.js";

const operation = "DescribeSnapshots";

/** The account's own snapshots that carry all of `tags`; with `sharedWith`, those that this account may make volumes of. */
export async function* snapshotsByTags(door: Ec2Door, tags: Tags, { sharedWith, ...options }: CallOptions & { readonly sharedWith?: string | undefined }): AsyncGenerator<SnapshotDescription> {
  const pages = walkPages(operation, async (nextToken) => {
    const answer = await describe(door, { OwnerIds: ["self"], ...(sharedWith !== undefined && { RestorableByUserIds: [sharedWith] }), Filters: tagFilters(tags), MaxResults: maxResults, ...(nextToken === undefined ? {} : { NextToken: nextToken }) }, undefined, options);
    return { items: answer.Snapshots ?? [], nextToken: answer.NextToken };
  });
  for await (const snapshot of pages) {
    const description = describeSnapshot(snapshot, operation);
    if (hasTags(description.tags, tags)) yield description;
  }
}

/** One snapshot, with what AWS says about its state. */
export async function findSnapshot(door: Ec2Door, snapshotId: string, options: CallOptions): Promise<{ readonly snapshot: Snapshot; readonly description: SnapshotDescription }> {
  const answer = await describe(door, { SnapshotIds: [snapshotId] }, snapshotId, options);
  const snapshot = answer.Snapshots?.find((candidate) => candidate.SnapshotId === snapshotId);
  if (snapshot === undefined) throw snapshotNotFound(snapshotId, door.region);
  return { snapshot, description: describeSnapshot(snapshot, operation) };
}

async function describe(door: Ec2Door, input: DescribeSnapshotsCommandInput, resource: string | undefined, { signal }: CallOptions) {
  return await callEc2(door, { operation, resource, signal }, async (attempt) => await door.ec2.send((aws) => new aws.DescribeSnapshotsCommand(input), { abortSignal: attempt.signal }));
}
