import type { PutObjectOutput, PutObjectRequest } from "@aws-sdk/client-s3";
import type { RequestContext, StreamingInput } from "../../service.js";
import { assertMayWrite } from "../access/attribute-permissions.js";
import { openObject } from "../access/open-bucket.js";
import { checksumMembers, claimedChecksum } from "../checksums/claimed-checksum.js";
import { notImplemented } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import { writeConditionsOf } from "./conditions.js";
import { ingestBody } from "./ingest-body.js";
import { assertDigestForLock, resolveObjectAttributes } from "./object-attributes.js";
import { encryptionMembers, versionIdMember } from "./object-members.js";
import { publishNewVersion } from "./publish-version.js";

export type PutObjectInput = Omit<PutObjectRequest, "Body"> & { readonly Body?: StreamingInput | Uint8Array | undefined };

/** Stores an object; the condition is judged once all bytes are there, in one step with their publication. */
export async function putObject(
  environment: S3Environment,
  input: PutObjectInput,
  context: RequestContext,
): Promise<PutObjectOutput> {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutObject",
  });
  assertMayWrite(bucket, context, key, input);
  if (input.WriteOffsetBytes !== undefined) throw notImplemented("x-amz-write-offset-bytes");
  const conditions = writeConditionsOf(input);
  const claim = claimedChecksum(input, context);
  const attributes = resolveObjectAttributes(input, bucket, environment.clock.now().getTime());
  assertDigestForLock(attributes, claim !== undefined || input.ContentMD5 !== undefined);
  const { segment, md5, checksum } = await ingestBody({
    files: bucket.files,
    body: input.Body,
    contentMd5: input.ContentMD5,
    contentLength: input.ContentLength,
    claim,
    fallbackAlgorithm: "CRC64NVME",
    maxBytes: environment.storage.limits.maxPutBytes,
  });
  const version = await publishNewVersion({
    bucket,
    conditions,
    now: () => environment.clock.now(),
    version: {
      key,
      sizeBytes: segment.sizeBytes,
      etag: md5,
      segments: [segment],
      attributes,
      ...(checksum === undefined ? {} : { checksum: { ...checksum, type: "FULL_OBJECT" } }),
    },
  });
  return {
    ETag: `"${version.etag}"`,
    ...checksumMembers(version.checksum),
    ...encryptionMembers(version.attributes.encryption),
    ...versionIdMember(bucket, version),
  };
}
