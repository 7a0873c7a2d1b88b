import { NotFoundError, type HoldfastError } from "../../../errors/index.js";
import type { AwsAttempt, AwsCall } from "../aws-calls.js";
import { awsError } from "../aws-error.js";
import type { AwsFailure } from "../aws-failure.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";

/** A call to EBS direct about a snapshot. */
export interface EbsCall extends Pick<AwsCall, "operation" | "permissions" | "signal" | "retry" | "translate" | "bodyBytes"> {
  readonly resource: string;
}

/** Calls EBS direct. A snapshot that is not there is a `NotFoundError`; where KMS is what denies, the error says so. */
export async function callEbs<T>(door: SnapshotDoorContext, call: EbsCall, attempt: (attempt: AwsAttempt) => Promise<T>): Promise<T> {
  const { translate, permissions = [`ebs:${call.operation}`] } = call;
  const subject = { service: "ebs", operation: call.operation, region: door.region, resource: call.resource } as const;
  return await door.calls.run(
    {
      ...call,
      ...subject,
      flow: door.session,
      client: door.ebs,
      translate: (failure, state) => {
        const own = translate?.(failure, state);
        if (own !== undefined) return own;
        if (isSnapshotMissing(failure)) return snapshotNotFound(call.resource, door.region);
        if (failure.reason !== "DEPENDENCY_ACCESS_DENIED") return undefined;
        return awsError({ ...subject, permissions: [...permissions, "the use of the snapshot's KMS key (kms:Decrypt; to write, kms:GenerateDataKeyWithoutPlaintext, kms:CreateGrant and kms:DescribeKey too)"] }, failure, state.number);
      },
    },
    attempt,
  );
}

/** Whether EBS direct does not know the snapshot: because it is none, or none yet. */
export function isSnapshotMissing(failure: AwsFailure): boolean {
  if (failure.reason === "INVALID_SNAPSHOT_ID") return true;
  return failure.code === "ResourceNotFoundException" && (failure.reason === undefined || failure.reason === "SNAPSHOT_NOT_FOUND");
}

/** The error for a snapshot that is not there. */
export function snapshotNotFound(snapshotId: string, region: string): HoldfastError {
  return new NotFoundError(`There is no snapshot ${snapshotId} in ${region} for these credentials: check the id, the region and the account; it may have been deleted.`, {
    code: "SnapshotNotFound",
    context: { snapshotId, region },
  });
}
