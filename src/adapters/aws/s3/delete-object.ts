import { conditionFailed } from "../../../object-store/store-errors.js";
import { describeAwsFailure } from "../aws-failure.js";
import { addressOf, s3Call, type S3Place } from "./s3-place.js";

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
