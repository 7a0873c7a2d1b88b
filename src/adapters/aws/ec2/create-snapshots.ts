import type { Snapshot, SnapshotInfo } from "@aws-sdk/client-ec2";
import type { CallOptions, SnapshotDescription, Tags } from "../../../ports/index.js";
import type { AwsAttempt } from "../aws-calls.js";
import { mayHaveTakenEffect } from "../aws-failure.js";
import type { Ec2Package } from "../clients/aws-packages.js";
import { excludedVolumes } from "./excluded-volumes.js";
import { callEc2, type Ec2Call, type Ec2Door } from "./ec2-door.js";
import { present, tagFilters, toTags } from "./ec2-answer.js";
import { describeSnapshot } from "./snapshot-description.js";

/** What is snapshotted of an instance, and how the snapshots are marked. */
export interface SnapshotInstanceRequest {
  readonly excludeVolumeIds: readonly string[];
  readonly excludeRootVolume?: boolean | undefined;
  readonly description: string;
  readonly tags: Tags;
}

/**
 * CreateSnapshot and CreateSnapshots take no client token. So each request puts a tag of its own on what it makes, by which
 * an attempt that was confirmed too late, or never, is found again rather than made twice.
 */
export const requestTag = "holdfast:request";
/** AWS's limit of tags on a resource: with that many of the caller's there is no room for the request's own. */
export const maxTags = 50;
/** AWS takes one snapshot of a volume in so many seconds; faster ones are asked to come again. */
const retriedCodes: ReadonlySet<string> = new Set(["SnapshotCreationPerVolumeRateExceeded"]);

/** Snapshots of all volumes of an instance but the excluded ones, at one moment. Where all are excluded nothing is made. */
export async function snapshotInstance(door: Ec2Door, instanceId: string, request: SnapshotInstanceRequest, options: CallOptions): Promise<readonly SnapshotDescription[]> {
  const excluded = await excludedVolumes(door, instanceId, request, options);
  if (excluded === "all") return [];
  const operation = "CreateSnapshots";
  return await makeOnce(door, { operation, resource: instanceId, signal: options.signal }, request, async (tags, { signal }) => {
    const command = (aws: Ec2Package) => new aws.CreateSnapshotsCommand({
      InstanceSpecification: {
        InstanceId: instanceId,
        ...(excluded.isRootExcluded ? { ExcludeBootVolume: true } : {}),
        ...(excluded.dataVolumeIds.length === 0 ? {} : { ExcludeDataVolumeIds: [...excluded.dataVolumeIds] }),
      },
      Description: request.description,
      ...tagSpecifications(tags),
    });
    return present((await door.ec2.send(command, { abortSignal: signal })).Snapshots, "Snapshots", operation);
  });
}

/** A snapshot of one volume. */
export async function snapshotVolume(door: Ec2Door, volumeId: string, request: { readonly description: string; readonly tags: Tags }, options: CallOptions): Promise<SnapshotDescription> {
  const operation = "CreateSnapshot";
  const made = await makeOnce(door, { operation, resource: volumeId, signal: options.signal }, request, async (tags, { signal }) => {
    const command = (aws: Ec2Package) => new aws.CreateSnapshotCommand({ VolumeId: volumeId, Description: request.description, ...tagSpecifications(tags) });
    return [await door.ec2.send(command, { abortSignal: signal })];
  });
  return present(made[0], "Snapshot", operation);
}

/** Makes snapshots; before a second attempt looks whether the first one made them. */
async function makeOnce(
  door: Ec2Door,
  call: Ec2Call,
  request: { readonly tags: Tags },
  make: (tags: Tags, attempt: AwsAttempt) => Promise<readonly (Snapshot | SnapshotInfo)[]>,
): Promise<readonly SnapshotDescription[]> {
  const marker = Object.keys(request.tags).length < maxTags ? { [requestTag]: door.random.bytes(12).toString("hex") } : undefined;
  const snapshots = await callEc2(
    door,
    {
      ...call,
      permissions: [`ec2:${call.operation}`, "ec2:CreateTags"],
      retry: (failure) => {
        if (retriedCodes.has(failure.code)) return true;
        return marker === undefined && mayHaveTakenEffect(failure.kind) ? false : undefined;
      },
    },
    async (attempt) => {
      const earlier = attempt.isOutcomeUnknown && marker !== undefined ? await madeBefore(door, marker, attempt.signal) : [];
      return earlier.length > 0 ? earlier : await make({ ...request.tags, ...marker }, attempt);
    },
  );
  return snapshots.map((snapshot) => describeSnapshot(snapshot, call.operation));
}

/** The snapshots that an earlier attempt made, by its mark. */
export async function madeBefore(door: Ec2Door, marker: Tags, signal: AbortSignal): Promise<readonly Snapshot[]> {
  const answer = await door.ec2.send((aws) => new aws.DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters: tagFilters(marker) }), { abortSignal: signal });
  return answer.Snapshots ?? [];
}

/** Tags as the request of a snapshot takes them. */
export function tagSpecifications(tags: Tags) {
  const list = toTags(tags);
  return list.length === 0 ? {} : { TagSpecifications: [{ ResourceType: "snapshot" as const, Tags: list }] };
}
