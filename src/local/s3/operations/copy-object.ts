import type { CopyObjectOutput, CopyObjectRequest, HeadObjectOutput } from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../service.js";
import { assertMayWrite } from "../access/attribute-permissions.js";
import { openObject } from "../access/open-bucket.js";
import { isChecksumAlgorithm, type ChecksumAlgorithmName } from "../checksums/checksum-algorithm.js";
import { checksumMembers } from "../checksums/claimed-checksum.js";
import { invalidArgument, invalidRequest } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { ObjectVersion } from "../storage/object-version.js";
import { SegmentReader } from "../storage/segment-reader.js";
import { writeConditionsOf } from "./conditions.js";
import { openCopySource } from "./copy-source.js";
import { ingestBody } from "./ingest-body.js";
import { resolveObjectAttributes, type AttributesInput } from "./object-attributes.js";
import { encryptionMembers, versionIdMember } from "./object-members.js";
import { publishNewVersion } from "./publish-version.js";

/** Copies an object of up to 5 GiB: its bytes are read and written anew, and its ETag is the MD5 of the whole. */
export async function copyObject(
  environment: S3Environment,
  input: CopyObjectRequest,
  context: RequestContext,
): Promise<CopyObjectOutput> {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutObject",
  });
  const source = openCopySource(environment, input, context);
  assertMayWrite(bucket, context, key, input);
  const { maxPutBytes } = environment.storage.limits;
  if (source.version.sizeBytes > maxPutBytes) {
    throw invalidRequest(`The specified copy source is larger than the maximum allowable size for a copy source: ${maxPutBytes}`);
  }
  const conditions = writeConditionsOf(input);
  const attributes = resolveObjectAttributes(attributesOf(input, source.version), bucket, environment.clock.now().getTime());
  if (source.bucket === bucket && source.version.key === key && input.CopySource?.includes("versionId=") !== true) {
    assertChangesSomething(input);
  }
  const { segment, md5, checksum } = await ingestBody({
    files: bucket.files,
    body: new SegmentReader(source.bucket.files, source.version.segments, { offset: 0, length: source.version.sizeBytes }),
    contentMd5: undefined,
    contentLength: source.version.sizeBytes,
    claim: undefined,
    fallbackAlgorithm: algorithmOf(input.ChecksumAlgorithm, source.version),
    maxBytes: maxPutBytes,
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
    CopyObjectResult: {
      ETag: `"${version.etag}"`,
      LastModified: new Date(version.modifiedAtMs),
      ...checksumMembers(version.checksum),
    },
    ...(source.bucket.settings.versioning === undefined ? {} : { CopySourceVersionId: source.version.versionId }),
    ...encryptionMembers(version.attributes.encryption),
    ...versionIdMember(bucket, version),
  };
}

function attributesOf(input: CopyObjectRequest, source: ObjectVersion): AttributesInput {
  // What comes over the wire may be any text.
  const metadataDirective: string = input.MetadataDirective ?? "COPY";
  const taggingDirective: string = input.TaggingDirective ?? "COPY";
  for (const directive of [metadataDirective, taggingDirective]) {
    if (directive !== "COPY" && directive !== "REPLACE") {
      throw invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", directive);
    }
  }
  const { Expires: expires, ...headers } = source.attributes.headers;
  const copied = {
    ...headers,
    Metadata: { ...source.attributes.metadata },
    ...(expires === undefined ? {} : { Expires: new Date(expires) }),
  };
  const tags = new URLSearchParams(Object.entries(source.attributes.tags)).toString();
  return {
    ...input,
    ...(metadataDirective === "COPY" ? copied : {}),
    // Neither lock nor storage class is copied: they are what the request says, or the bucket's defaults.
    Tagging: taggingDirective === "COPY" ? tags : input.Tagging,
  };
}

function assertChangesSomething(input: CopyObjectRequest): void {
  const changes: Partial<HeadObjectOutput> & Record<string, unknown> = {
    MetadataDirective: input.MetadataDirective === "REPLACE" ? true : undefined,
    StorageClass: input.StorageClass,
    WebsiteRedirectLocation: input.WebsiteRedirectLocation,
    ServerSideEncryption: input.ServerSideEncryption,
    ObjectLockMode: input.ObjectLockMode,
    ObjectLockLegalHoldStatus: input.ObjectLockLegalHoldStatus,
    ChecksumAlgorithm: input.ChecksumAlgorithm,
  };
  if (Object.values(changes).some((value) => value !== undefined)) return;
  throw new ServiceError(
    "InvalidRequest",
    400,
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

function algorithmOf(asked: string | undefined, source: ObjectVersion): ChecksumAlgorithmName {
  if (asked === undefined) return source.checksum?.algorithm ?? "CRC64NVME";
  if (!isChecksumAlgorithm(asked)) throw invalidRequest("Checksum algorithm provided is unsupported.");
  return asked;
}
