import type { GetObjectOutput, GetObjectRequest, HeadObjectOutput, HeadObjectRequest } from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext, type StreamingOutput } from "../../service.js";
import { hidingMissing, mayDo, openObject } from "../access/open-bucket.js";
import { invalidRequest } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { Bucket } from "../storage/bucket.js";
import type { ObjectVersion } from "../storage/object-version.js";
import { SegmentReader, type ByteRange } from "../storage/segment-reader.js";
import { contentRange, resolveRange } from "./byte-range.js";
import { assertReadConditions } from "./conditions.js";
import { findObject } from "./find-version.js";
import { describeObject } from "./object-members.js";
import { assertReadable } from "./restoration.js";

export type GetObjectResult = Omit<GetObjectOutput, "Body"> & { readonly Body: StreamingOutput };

interface SelectedObject {
  readonly bucket: Bucket;
  readonly version: ObjectVersion;
  readonly range: ByteRange;
  readonly output: HeadObjectOutput;
}

export async function getObject(
  environment: S3Environment,
  input: GetObjectRequest,
  context: RequestContext,
): Promise<GetObjectResult> {
  const { bucket, version, range, output } = select(environment, input, context, "GET");
  assertReadable(version, environment.clock.now().getTime());
  return { ...output, Body: new SegmentReader(bucket.files, version.segments, range) };
}

export async function headObject(
  environment: S3Environment,
  input: HeadObjectRequest,
  context: RequestContext,
): Promise<HeadObjectOutput> {
  return select(environment, input, context, "HEAD").output;
}

function select(
  environment: S3Environment,
  input: GetObjectRequest | HeadObjectRequest,
  context: RequestContext,
  method: "GET" | "HEAD",
): SelectedObject {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: input.VersionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion",
    conditionKeys: { "s3:versionid": input.VersionId },
  });
  const version = hidingMissing(bucket, context, () => findObject(bucket, key, input.VersionId, method));
  assertReadConditions(version, {
    ifMatch: input.IfMatch,
    ifNoneMatch: input.IfNoneMatch,
    ifModifiedSince: input.IfModifiedSince,
    ifUnmodifiedSince: input.IfUnmodifiedSince,
  });
  const selected = selectRange(version, input);
  const range = selected ?? { offset: 0, length: version.sizeBytes };
  // A checksum speaks of the whole object: with a part of it the client would compare the wrong thing.
  const isWhole = range.length === version.sizeBytes;
  const described = describeObject(bucket, version, {
    nowMs: environment.clock.now().getTime(),
    withChecksum: input.ChecksumMode === "ENABLED" && isWhole,
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: the lock is shown to who may read it
    withRetention: version.attributes.retention !== undefined && mayDo(bucket, context, { action: "s3:GetObjectRetention", key }),
  });
  return {
    bucket,
    version,
    range,
    output: {
      ...described,
      ...overrides(input),
      ContentLength: range.length,
      ...(selected === undefined || version.sizeBytes === 0 ? {} : { ContentRange: contentRange(range, version.sizeBytes) }),
      ...(input.PartNumber === undefined || version.parts === undefined ? {} : { PartsCount: version.parts.length }),
    },
  };
}

function selectRange(version: ObjectVersion, input: GetObjectRequest | HeadObjectRequest): ByteRange | undefined {
  const { Range: header, PartNumber: partNumber } = input;
  if (partNumber === undefined) return header === undefined ? undefined : resolveRange(header, version.sizeBytes);
  if (header !== undefined) throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  const parts = version.parts ?? [{ partNumber: 1, sizeBytes: version.sizeBytes }];
  let offset = 0;
  // S3 counts the parts of a finished object from one, whatever numbers they were uploaded under.
  for (const [at, { sizeBytes }] of parts.entries()) {
    if (at + 1 === partNumber) return { offset, length: sizeBytes };
    offset += sizeBytes;
  }
  throw new ServiceError("InvalidPartNumber", 416, "The requested partnumber is not satisfiable", {
    ActualPartCount: parts.length,
    PartNumberRequested: partNumber,
  });
}

/** The `response-*` parameters: headers that the caller wants instead of the stored ones. */
function overrides(input: GetObjectRequest | HeadObjectRequest): Partial<HeadObjectOutput> {
  const members = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: input.ResponseExpires,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
