import type { DeleteObjectsCommandOutput } from "@aws-sdk/client-s3";
import type { AwsAttempt } from "../aws-calls.js";
import { awsError } from "../aws-error.js";
import { describeAwsFailure, isTransient, type AwsFailure } from "../aws-failure.js";
import { DamagedAnswer } from "../damaged-answer.js";
import { s3Call, type S3Place } from "./s3-place.js";

/** What servers answer that speak S3 but for this call, or but for the checksums that AWS takes with it; AWS does not. */
const unknownCallCodes = new Set(["NotImplemented", "MethodNotAllowed", "MissingContentMD5"]);
/** A key's own error that is AWS's fault, which a whole call's tells by its status. */
const serverCodes = new Set(["InternalError"]);

/** What came of it: `unknown call` where the server has no such call, and nothing was removed. */
export type DeleteObjectsOutcome = "removed" | "unknown call";

/**
 * Removes up to a thousand objects by one request; on a versioned bucket it leaves delete markers. S3 answers 200 with the errors of single keys: what may go at another try is asked
 * for again, what is refused is raised once all others are gone. A key of which the answer says nothing counts as not removed.
 */
export async function deleteObjects(place: S3Place, names: readonly string[], signal: AbortSignal | undefined): Promise<DeleteObjectsOutcome> {
  if (names.length === 0) return "removed";
  const call = s3Call(place, { operation: "DeleteObjects", rateClass: "write", permissions: ["s3:DeleteObject"], ...(names.length === 1 && { name: names[0] }), signal });
  const state: { left: readonly string[]; refusal?: AwsFailure } = { left: names };
  const outcome = await place.calls.run(call, async (attempt): Promise<DeleteObjectsOutcome> => {
    try {
      const failures = failuresOf(place, state.left, await send(place, state.left, attempt));
      for (const { failure } of failures) if (!isTransient(failure)) state.refusal ??= failure;
      const again = failures.filter(({ failure }) => isTransient(failure));
      state.left = again.map(({ name }) => name);
      if (again[0] !== undefined) throw again[0].error;
      return "removed";
    } catch (error) {
      if (isUnknownCall(error)) return "unknown call";
      throw error;
    }
  });
  if (state.refusal !== undefined) throw awsError(call, state.refusal);
  return outcome;
}

async function send(place: S3Place, names: readonly string[], attempt: AwsAttempt): Promise<DeleteObjectsCommandOutput> {
  const { bucket: Bucket, keyPrefix, expectedBucketOwner: ExpectedBucketOwner } = place;
  // each key is told of, also those that went well: an answer that was cut off on its way must not pass for success
  const Delete = { Objects: names.map((name) => ({ Key: keyPrefix + name })), Quiet: false };
  return await place.client.send((aws) => new aws.DeleteObjectsCommand({ Bucket, ExpectedBucketOwner, Delete }), { abortSignal: attempt.signal });
}

interface KeyFailure {
  readonly name: string;
  readonly error: Error;
  readonly failure: AwsFailure;
}

/** The keys that were not removed, and why. */
function failuresOf({ keyPrefix }: S3Place, names: readonly string[], { Deleted = [], Errors = [], $metadata }: DeleteObjectsCommandOutput): KeyFailure[] {
  const silent = new Set(names);
  for (const { Key } of Deleted) silent.delete((Key ?? "").slice(keyPrefix.length));
  const failures: KeyFailure[] = [];
  for (const { Key = "", Code = "Unknown", Message = "" } of Errors) {
    const name = Key.slice(keyPrefix.length);
    // what was not there is gone; an error of a key that nobody named says nothing
    if (!silent.delete(name) || Code === "NoSuchKey") continue;
    const error = refusalOf(Code, `${Key}: ${Message}`, $metadata.requestId);
    const failure = describeAwsFailure(error);
    if (failure !== undefined) failures.push({ name, error, failure });
  }
  const [unsaid] = silent;
  if (unsaid !== undefined) throw new DamagedAnswer("TransferDamaged", `the answer to the removal of ${names.length} objects does not say what became of ${silent.size} of them, such as ${unsaid}`);
  return failures;
}

/** A key's error, in the form in which the client raises the refusal of a whole call. */
function refusalOf(code: string, message: string, requestId: string | undefined): Error {
  const error = new Error(message);
  error.name = code;
  const isServer = serverCodes.has(code);
  return Object.assign(error, { $fault: isServer ? "server" : "client", $metadata: { requestId, ...(isServer && { httpStatusCode: 500 }) } });
}

function isUnknownCall(error: unknown): boolean {
  const failure = describeAwsFailure(error);
  return failure !== undefined && (unknownCallCodes.has(failure.code) || failure.httpStatus === 501 || failure.httpStatus === 405);
}
