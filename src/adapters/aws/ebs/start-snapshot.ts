import type { StartSnapshotCommandInput } from "@aws-sdk/client-ebs";
import { ConflictError, ProviderError, type HoldfastError } from "../../../errors/index.js";
import { blockSizeBytes, type CallOptions, type SnapshotWriterRequest } from "../../../ports/index.js";
import type { AwsFailure } from "../aws-failure.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { callEbs, isSnapshotMissing, snapshotNotFound } from "./ebs-call.js";
import { stateAfter } from "./snapshot-state.js";

const operation = "StartSnapshot";
const bytesPerGib = 2 ** 30;
/** How long a snapshot lives with nothing written, before EBS gives it up: its default. */
export const writeTimeoutMinutes = 60;

/** Starts a snapshot, or finds the one again that the same request with the same client token has started, and gives its id. */
export async function startSnapshot(door: SnapshotDoorContext, request: SnapshotWriterRequest, options: CallOptions): Promise<string> {
  const { parentSnapshotId } = request;
  const hasTags = Object.keys(request.tags).length > 0;
  try {
    const answer = await callEbs(
      door,
      {
        operation,
        resource: parentSnapshotId ?? "a new snapshot",
        permissions: hasTags ? ["ebs:StartSnapshot", "ec2:CreateTags"] : ["ebs:StartSnapshot"],
        signal: options.signal,
        translate: (failure) => refusalOf(failure, request),
      },
      async ({ signal }) => await door.ebs.send((aws) => new aws.StartSnapshotCommand(inputOf(request)), { abortSignal: signal }),
    );
    if (answer.SnapshotId === undefined) throw invalidAnswer(request, "names no snapshot");
    if (answer.BlockSize !== blockSizeBytes) throw invalidAnswer(request, `has blocks of ${String(answer.BlockSize)} bytes instead of 524,288`);
    if (answer.Status === "completed" || answer.Status === "error") throw usedUp(request, answer.SnapshotId, answer.Status);
    return answer.SnapshotId;
  } catch (error) {
    const parentState = parentSnapshotId === undefined ? undefined : await stateAfter(door, parentSnapshotId, error, options);
    if (parentSnapshotId === undefined || parentState === undefined || parentState === "completed") throw error;
    throw new ConflictError(`The parent snapshot ${parentSnapshotId} in ${door.region} is not completed (its state is ${parentState}): wait for it, or write without a parent.`, {
      code: "SnapshotNotCompleted",
      retryable: parentState === "pending",
      context: { snapshotId: parentSnapshotId, region: door.region, state: parentState },
    });
  }
}

function inputOf(request: SnapshotWriterRequest): StartSnapshotCommandInput {
  const { parentSnapshotId, encrypted, kmsKeyArn } = request;
  const tags = Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value }));
  return {
    VolumeSize: request.volumeSizeBytes / bytesPerGib,
    Description: request.description,
    ClientToken: request.clientToken,
    Timeout: request.timeoutMinutes ?? writeTimeoutMinutes,
    ...(tags.length === 0 ? {} : { Tags: tags }),
    ...(parentSnapshotId === undefined ? {} : { ParentSnapshotId: parentSnapshotId }),
    ...(encrypted === undefined ? {} : { Encrypted: encrypted }),
    ...(kmsKeyArn === undefined ? {} : { KmsKeyArn: kmsKeyArn }),
  };
}

function refusalOf(failure: AwsFailure, request: SnapshotWriterRequest): HoldfastError | undefined {
  const { region, parentSnapshotId } = request;
  if (parentSnapshotId !== undefined && isSnapshotMissing(failure)) return snapshotNotFound(parentSnapshotId, region);
  switch (failure.code) {
    case "ConflictException":
      return new ConflictError(`A snapshot was started in ${region} before with the same client token and other parameters: repeat the request as it was, or take another token.`, { code: "ClientTokenConflict", context: { region } });
    case "ConcurrentLimitExceededException":
      return refused(failure, "TooManyPendingSnapshots", `too many snapshots are being written in ${region} (100 an account); complete or delete some (ec2:DeleteSnapshot), or try again later`, region);
    case "ServiceQuotaExceededException":
      return refused(failure, "QuotaExceeded", `a quota in ${region} is used up; delete snapshots, or have the quota raised. AWS said: ${failure.message.slice(0, 300)}`, region);
    default:
      return undefined;
  }
}

function refused(failure: AwsFailure, code: "TooManyPendingSnapshots" | "QuotaExceeded", text: string, region: string): ProviderError {
  return new ProviderError(`No snapshot can be started: ${text}.`, { code, retryable: code === "TooManyPendingSnapshots", service: "ebs", operation, requestId: failure.requestId, awsCode: failure.code, context: { region } });
}

function usedUp({ region }: SnapshotWriterRequest, snapshotId: string, status: "completed" | "error"): ConflictError {
  const what = status === "completed" ? "is completed already: use it, or take another client token" : "has failed: delete it and take another client token";
  return new ConflictError(`The snapshot ${snapshotId} in ${region}, which was started with this client token, ${what}.`, { code: "SnapshotNotWritable", context: { snapshotId, region, state: status } });
}

function invalidAnswer({ region }: SnapshotWriterRequest, what: string): ProviderError {
  return new ProviderError(`ebs:${operation} in ${region} gave an answer that ${what}: the endpoint does not speak EBS direct as AWS does.`, { code: "InvalidAnswer", service: "ebs", operation, context: { region } });
}
