import type { Bucket } from "../storage/bucket.js";
import type { BucketChange } from "../storage/bucket-state.js";
import type { ObjectVersion } from "../storage/object-version.js";
import { assertWriteConditions, isConditional, type WriteConditions } from "./conditions.js";

export interface PublishOptions {
  readonly bucket: Bucket;
  readonly conditions: WriteConditions;
  readonly version: Omit<ObjectVersion, "versionId" | "isDeleteMarker" | "modifiedAtMs">;
  readonly now: () => Date;
  /** Further steps of the same operation, judged at the same moment. */
  readonly alongside?: () => readonly BucketChange[];
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
    const alongside = options.alongside?.() ?? [];
    return { changes: [{ change: "add-version", version: published }, ...alongside], result: published };
  });
}
