import { ServiceError } from "../../service.js";
import type { Bucket } from "../storage/bucket.js";
import type { BucketChange } from "../storage/bucket-state.js";
import type { ObjectVersion } from "../storage/object-version.js";
import { assertWriteConditions, isConditional, type WriteConditions } from "./conditions.js";

export interface PublishOptions {
  readonly bucket: Bucket;
  readonly conditions: WriteConditions;
  readonly version: Omit<ObjectVersion, "versionId" | "isDeleteMarker" | "modifiedAtMs">;
  readonly now: () => Date;
  /** Further steps of the same operation. */
  readonly alongside?: readonly BucketChange[];
}

/** Makes a version whose bytes are stored the current one, if the conditions hold at that moment. */
export async function publishVersion(options: PublishOptions): Promise<ObjectVersion> {
  const { bucket, conditions, version } = options;
  return bucket.change(version.key, isConditional(conditions), () => {
    assertWriteConditions(version.key, bucket.versions(version.key)[0], conditions);
    const published: ObjectVersion = {
      ...version,
      versionId: bucket.newVersionId(),
      isDeleteMarker: false,
      modifiedAtMs: options.now().getTime(),
    };
    return { changes: [{ change: "add-version", version: published }, ...(options.alongside ?? [])], result: published };
  });
}

/** Like `publishVersion`, for bytes that were stored for this version alone: they go if it is refused. */
export async function publishNewVersion(options: PublishOptions): Promise<ObjectVersion> {
  try {
    return await publishVersion(options);
  } catch (error) {
    // After a failure to write, the journal may name the file all the same: then it must stay until the next start clears up.
    if (error instanceof ServiceError) await options.bucket.files.release(options.version.segments.map(({ file }) => file));
    throw error;
  }
}
