import type { CallOptions, CopySnapshotRequest } from "../../../ports/index.js";
import { mayHaveTakenEffect } from "../aws-failure.js";
import type { Ec2Package } from "../clients/aws-packages.js";
import { madeBefore, maxTags, requestTag, tagSpecifications } from "./create-snapshots.js";
import { present } from "./ec2-answer.js";
import { callEc2, type Ec2Door } from "./ec2-door.js";

/** Twenty copies at a time may be under way to one region (https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html): then they are asked to come again. */
const retriedCodes: ReadonlySet<string> = new Set(["ResourceLimitExceeded"]);

/** Begins a copy in the door's region. CopySnapshot takes no client token: an attempt whose answer got lost is found again by its mark. */
export async function copySnapshot(door: Ec2Door, request: CopySnapshotRequest, { signal }: CallOptions): Promise<string> {
  const operation = "CopySnapshot";
  const marker = Object.keys(request.tags).length < maxTags ? { [requestTag]: door.random.bytes(12).toString("hex") } : undefined;
  return await callEc2(
    door,
    {
      operation,
      resource: request.snapshotId,
      signal,
      permissions: [`ec2:${operation}`, "ec2:CreateTags"],
      retry: (failure) => {
        if (retriedCodes.has(failure.code)) return true;
        return marker === undefined && mayHaveTakenEffect(failure.kind) ? false : undefined;
      },
    },
    async (attempt) => {
      const [earlier] = attempt.isOutcomeUnknown && marker !== undefined ? await madeBefore(door, marker, attempt.signal) : [];
      if (earlier?.SnapshotId !== undefined) return earlier.SnapshotId;
      const command = (aws: Ec2Package) => new aws.CopySnapshotCommand({
        SourceRegion: request.sourceRegion,
        SourceSnapshotId: request.snapshotId,
        Description: request.description,
        ...(request.kmsKeyId !== undefined && { Encrypted: true, KmsKeyId: request.kmsKeyId }),
        ...tagSpecifications({ ...request.tags, ...marker }),
      });
      return present((await door.ec2.send(command, { abortSignal: attempt.signal })).SnapshotId, "SnapshotId", operation);
    },
  );
}

/** Lets an account copy a snapshot, or no longer. Repeated, it changes nothing. */
export async function shareSnapshot(door: Ec2Door, snapshotId: string, accountId: string, isShared: boolean, { signal }: CallOptions): Promise<void> {
  await callEc2(door, { operation: "ModifySnapshotAttribute", resource: snapshotId, signal }, async (attempt) => {
    const command = (aws: Ec2Package) => new aws.ModifySnapshotAttributeCommand({ SnapshotId: snapshotId, Attribute: "createVolumePermission", OperationType: isShared ? "add" : "remove", UserIds: [accountId] });
    await door.ec2.send(command, { abortSignal: attempt.signal });
  });
}
