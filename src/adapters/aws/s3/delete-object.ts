import { conditionFailed } from "../../../object-store/store-errors.js";
import { describeAwsFailure } from "../aws-failure.js";
import { addressOf, s3Call, type S3Place } from "./s3-place.js";

const removalsInFlight = 16;

export interface DeleteOptions {
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Removes an object; on a versioned bucket it leaves a delete marker. What is gone already is gone. */
export async function deleteObject(place: S3Place, name: string, { etag, signal }: DeleteOptions): Promise<void> {
  const permissions = etag === undefined ? ["s3:DeleteObject"] : ["s3:DeleteObject", "s3:GetObject"];
  const call = s3Call(place, { operation: "DeleteObject", rateClass: "write", permissions, name, signal });
  await place.calls.run(call, async (attempt) => {
    try {
      await place.client.send((aws) => new aws.DeleteObjectCommand({ ...addressOf(place, name), ...(etag === undefined ? {} : { IfMatch: etag }) }), { abortSignal: attempt.signal });
    } catch (error) {
      const failure = describeAwsFailure(error);
      if (failure?.code === "NoSuchKey") return;
      if (failure?.httpStatus === 412) {
        throw conditionFailed(name, "somebody else changed it", { bucket: place.bucket });
      }
      throw error;
    }
  });
}

/** Removes each of several objects by itself. One that fails does not hold back the others; its error is raised once all have been tried. */
export async function deleteOneByOne(place: S3Place, names: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const failures: unknown[] = [];
  for (let start = 0; start < names.length; start += removalsInFlight) {
    signal?.throwIfAborted();
    const settled = await Promise.allSettled(names.slice(start, start + removalsInFlight).map((name) => deleteObject(place, name, { signal })));
    for (const outcome of settled) if (outcome.status === "rejected") failures.push(outcome.reason);
  }
  if (failures.length > 0) throw failures[0];
}
