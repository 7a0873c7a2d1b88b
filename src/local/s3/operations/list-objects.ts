import type {
  ListObjectsOutput,
  ListObjectsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
  ObjectStorageClass,
  _Object,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../service.js";
import { openBucket } from "../access/open-bucket.js";
import { invalidArgument } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { Bucket } from "../storage/bucket.js";
import { listPage, type ListPage, type ListPosition } from "../storage/listing.js";
import type { ObjectVersion } from "../storage/object-version.js";
import { nameEncoder, pageSize } from "./list-encoding.js";

export async function listObjectsV2(
  environment: S3Environment,
  input: ListObjectsV2Request,
  context: RequestContext,
): Promise<ListObjectsV2Output> {
  const bucket = openForListing(environment, input, context);
  const encode = nameEncoder(input.EncodingType);
  const maxKeys = pageSize(input.MaxKeys);
  const after =
    input.ContinuationToken === undefined ? afterKey(input.StartAfter) : parseToken(input.ContinuationToken);
  const page = pageOf(bucket, input, maxKeys, after);
  const objects = objectsOf(page, encode, input.FetchOwner === true ? bucket.settings.ownerAccountId : undefined);
  const commonPrefixes = commonPrefixesOf(page, encode);
  return {
    Name: bucket.name,
    Prefix: encode(input.Prefix ?? ""),
    MaxKeys: maxKeys,
    KeyCount: objects.length + commonPrefixes.length,
    IsTruncated: page.next !== undefined,
    ...(objects.length === 0 ? {} : { Contents: objects }),
    ...(commonPrefixes.length === 0 ? {} : { CommonPrefixes: commonPrefixes }),
    ...(input.Delimiter === undefined ? {} : { Delimiter: encode(input.Delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(input.StartAfter === undefined ? {} : { StartAfter: encode(input.StartAfter) }),
    ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
    ...(page.next === undefined ? {} : { NextContinuationToken: toToken(page.next) }),
  };
}

export async function listObjects(
  environment: S3Environment,
  input: ListObjectsRequest,
  context: RequestContext,
): Promise<ListObjectsOutput> {
  const bucket = openForListing(environment, input, context);
  const encode = nameEncoder(input.EncodingType);
  const maxKeys = pageSize(input.MaxKeys);
  const page = pageOf(bucket, input, maxKeys, afterMarker(input));
  const objects = objectsOf(page, encode, bucket.settings.ownerAccountId);
  const commonPrefixes = commonPrefixesOf(page, encode);
  const nextMarker = page.next?.key ?? page.next?.commonPrefix;
  return {
    Name: bucket.name,
    Prefix: encode(input.Prefix ?? ""),
    Marker: encode(input.Marker ?? ""),
    MaxKeys: maxKeys,
    IsTruncated: page.next !== undefined,
    ...(objects.length === 0 ? {} : { Contents: objects }),
    ...(commonPrefixes.length === 0 ? {} : { CommonPrefixes: commonPrefixes }),
    ...(input.Delimiter === undefined ? {} : { Delimiter: encode(input.Delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    // Without a delimiter the last key is the marker, and S3 leaves it to the client to see that.
    ...(nextMarker === undefined || input.Delimiter === undefined ? {} : { NextMarker: encode(nextMarker) }),
  };
}

function openForListing(
  environment: S3Environment,
  input: ListObjectsV2Request | ListObjectsRequest,
  context: RequestContext,
): Bucket {
  return openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:ListBucket",
    conditionKeys: {
      "s3:prefix": input.Prefix,
      "s3:delimiter": input.Delimiter,
      "s3:max-keys": input.MaxKeys?.toString(),
    },
  });
}

function pageOf(
  bucket: Bucket,
  input: { readonly Prefix?: string | undefined; readonly Delimiter?: string | undefined },
  maxEntries: number,
  after: ListPosition | undefined,
): ListPage {
  if (maxEntries === 0) return { entries: [], next: undefined };
  return listPage(bucket.state.keys, {
    prefix: input.Prefix ?? "",
    delimiter: input.Delimiter ?? "",
    after,
    maxEntries,
    allVersions: false,
  });
}

function objectsOf(page: ListPage, encode: (name: string) => string, ownerId: string | undefined): _Object[] {
  return page.entries.flatMap((entry) => (entry.kind === "version" ? [describe(entry.version, encode, ownerId)] : []));
}

function describe(version: ObjectVersion, encode: (name: string) => string, ownerId: string | undefined): _Object {
  return {
    Key: encode(version.key),
    LastModified: new Date(version.modifiedAtMs),
    ETag: `"${version.etag}"`,
    Size: version.sizeBytes,
    StorageClass: version.attributes.storageClass as ObjectStorageClass,
    ...(ownerId === undefined ? {} : { Owner: { ID: ownerId } }),
    ...(version.checksum === undefined
      ? {}
      : { ChecksumAlgorithm: [version.checksum.algorithm], ChecksumType: version.checksum.type }),
  };
}

export function commonPrefixesOf(page: ListPage, encode: (name: string) => string): { Prefix: string }[] {
  return page.entries.flatMap((entry) => (entry.kind === "commonPrefix" ? [{ Prefix: encode(entry.commonPrefix) }] : []));
}

function afterKey(key: string | undefined): ListPosition | undefined {
  return key === undefined || key === "" ? undefined : { key };
}

/** A marker that is a rolled-up prefix (what NextMarker gave) stands for all that the prefix does. */
function afterMarker(input: ListObjectsRequest): ListPosition | undefined {
  const { Marker: marker = "", Delimiter: delimiter = "", Prefix: prefix = "" } = input;
  const isCommonPrefix =
    delimiter !== "" &&
    marker.startsWith(prefix) &&
    marker.indexOf(delimiter, prefix.length) === marker.length - delimiter.length &&
    marker.endsWith(delimiter);
  return isCommonPrefix ? { commonPrefix: marker } : afterKey(marker);
}

function toToken(position: ListPosition): string {
  return Buffer.from(JSON.stringify(position), "utf8").toString("base64");
}

function parseToken(token: string): ListPosition {
  try {
    const position: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    if (typeof position === "object" && position !== null) {
      if ("key" in position && typeof position.key === "string") return { key: position.key };
      if ("commonPrefix" in position && typeof position.commonPrefix === "string") return { commonPrefix: position.commonPrefix };
    }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
}
