import type { RequestContext } from "../../service.js";
import type { Bucket } from "../storage/bucket.js";
import { assertMay } from "./open-bucket.js";

interface WriteRequest {
  readonly IfMatch?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

/**
 * What a write asks for beside the object itself is a permission of its own: tags, a lock, and to learn by a condition what was there.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function assertMayWrite(bucket: Bucket, context: RequestContext, key: string, input: WriteRequest): void {
  if (input.Tagging !== undefined) assertMay(bucket, context, { action: "s3:PutObjectTagging", key });
  if (input.ObjectLockMode !== undefined || input.ObjectLockRetainUntilDate !== undefined) assertMay(bucket, context, { action: "s3:PutObjectRetention", key });
  if (input.ObjectLockLegalHoldStatus !== undefined) assertMay(bucket, context, { action: "s3:PutObjectLegalHold", key });
  if (input.IfMatch !== undefined) assertMay(bucket, context, { action: "s3:GetObject", key });
}
