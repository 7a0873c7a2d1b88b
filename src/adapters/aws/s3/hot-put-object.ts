import type { PutOptions } from "../../../ports/index.js";
import type { HotEndpoint } from "../hot/hot-endpoint.js";
import { encodeKey } from "../hot/hot-road.js";
import { putIdKey } from "./put-id.js";
import type { S3StorageClass } from "./s3-storage-options.js";

export interface HotPut {
  readonly key: string;
  readonly buffers: readonly Uint8Array[];
  readonly sha256: Buffer;
  readonly condition: PutOptions["condition"];
  readonly putId: string | undefined;
  readonly lock: PutOptions["lock"];
  readonly storageClass: S3StorageClass | undefined;
  readonly expectedBucketOwner: string | undefined;
  readonly signal: AbortSignal;
}

/** Stores an object over the hot road, once. S3 checks its SHA-256, which is in a signed header. */
export async function hotPutObject(endpoint: HotEndpoint, put: HotPut): Promise<{ readonly etag: string | undefined; readonly versionId: string | undefined }> {
  const { key, buffers, sha256, condition, putId, lock, storageClass, expectedBucketOwner, signal } = put;
  const headers: Record<string, string> = {
    "content-type": "application/octet-stream",
    "x-amz-checksum-sha256": sha256.toString("base64"),
    ...(condition === "absent" ? { "if-none-match": "*" } : condition === undefined ? {} : { "if-match": condition.etag }),
    ...(putId !== undefined && { [`x-amz-meta-${putIdKey}`]: putId }),
    ...(storageClass !== undefined && { "x-amz-storage-class": storageClass }),
    ...(expectedBucketOwner !== undefined && { "x-amz-expected-bucket-owner": expectedBucketOwner }),
    ...(lock !== undefined && {
      "x-amz-object-lock-mode": lock.mode,
      // whole seconds, as the AWS client writes them
      "x-amz-object-lock-retain-until-date": lock.until.toISOString().replace(/\.\d{3}Z$/, "Z"),
      "x-amz-sdk-checksum-algorithm": "SHA256",
    }),
  };
  const answer = await endpoint.send({ method: "PUT", path: `/${encodeKey(key)}`, headers, body: buffers, signal }, (_head, length) => Buffer.alloc(length));
  return { etag: answer.headers["etag"], versionId: answer.headers["x-amz-version-id"] };
}
