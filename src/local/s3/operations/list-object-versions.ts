import type {
  DeleteMarkerEntry,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
  ObjectVersion as ListedVersion,
} from "@aws-sdk/client-s3";
import { ELEMENT_ORDER, type RequestContext } from "../../service.js";
import { openBucket } from "../access/open-bucket.js";
import { invalidArgument } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import { listPage, type ListPage, type ListPosition } from "../storage/listing.js";
import { assertVersionId } from "./find-version.js";
import { nameEncoder, pageSize } from "./list-encoding.js";
import { commonPrefixesOf } from "./list-objects.js";

/** All versions and delete markers: by key in UTF-8 order, the newest of a key first. */
export async function listObjectVersions(
  environment: S3Environment,
  input: ListObjectVersionsRequest,
  context: RequestContext,
): Promise<ListObjectVersionsOutput & { readonly [ELEMENT_ORDER]: readonly string[] }> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:ListBucketVersions",
    conditionKeys: { "s3:prefix": input.Prefix, "s3:delimiter": input.Delimiter },
  });
  const encode = nameEncoder(input.EncodingType);
  const maxEntries = pageSize(input.MaxKeys);
  const page: ListPage =
    maxEntries === 0
      ? { entries: [], next: undefined }
      : listPage(bucket.state.keys, {
          prefix: input.Prefix ?? "",
          delimiter: input.Delimiter ?? "",
          after: positionOf(input),
          maxEntries,
          allVersions: true,
        });
  const { versions, markers, order } = listedEntries(page, encode, bucket.settings.ownerAccountId);
  const commonPrefixes = commonPrefixesOf(page, encode);
  const nextKey = page.next?.key ?? page.next?.commonPrefix;
  return {
    [ELEMENT_ORDER]: order,
    Name: bucket.name,
    Prefix: encode(input.Prefix ?? ""),
    KeyMarker: encode(input.KeyMarker ?? ""),
    VersionIdMarker: input.VersionIdMarker ?? "",
    MaxKeys: maxEntries,
    IsTruncated: page.next !== undefined,
    ...(versions.length === 0 ? {} : { Versions: [...versions] }),
    ...(markers.length === 0 ? {} : { DeleteMarkers: [...markers] }),
    ...(commonPrefixes.length === 0 ? {} : { CommonPrefixes: commonPrefixes }),
    ...(input.Delimiter === undefined ? {} : { Delimiter: encode(input.Delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(nextKey === undefined ? {} : { NextKeyMarker: encode(nextKey) }),
    ...(page.next?.versionId === undefined ? {} : { NextVersionIdMarker: page.next.versionId }),
  };
}

interface ListedEntries {
  readonly versions: readonly ListedVersion[];
  readonly markers: readonly DeleteMarkerEntry[];
  /** S3 mixes both in its answer, newest first within a key. */
  readonly order: readonly ("Versions" | "DeleteMarkers")[];
}

function listedEntries(page: ListPage, encode: (name: string) => string, ownerAccountId: string): ListedEntries {
  const versions: ListedVersion[] = [];
  const markers: DeleteMarkerEntry[] = [];
  const order: ("Versions" | "DeleteMarkers")[] = [];
  for (const entry of page.entries) {
    if (entry.kind === "commonPrefix") continue;
    const { version, isLatest } = entry;
    const common = {
      Key: encode(version.key),
      VersionId: version.versionId,
      IsLatest: isLatest,
      LastModified: new Date(version.modifiedAtMs),
      Owner: { ID: ownerAccountId },
    };
    order.push(version.isDeleteMarker ? "DeleteMarkers" : "Versions");
    if (version.isDeleteMarker) markers.push(common);
    else {
      const { checksum } = version;
      versions.push({
        ...common,
        ETag: `"${version.etag}"`,
        Size: version.sizeBytes,
        StorageClass: version.attributes.storageClass as "STANDARD",
        ...(checksum === undefined ? {} : { ChecksumAlgorithm: [checksum.algorithm], ChecksumType: checksum.type }),
      });
    }
  }
  return { versions, markers, order };
}

function positionOf(input: ListObjectVersionsRequest): ListPosition | undefined {
  const { KeyMarker: key = "", VersionIdMarker: versionId = "", Delimiter: delimiter = "", Prefix: prefix = "" } = input;
  if (versionId !== "" && key === "") {
    throw invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", versionId);
  }
  if (key === "") return undefined;
  if (versionId !== "") return { key, versionId: assertVersionId(versionId) };
  const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
  const isCommonPrefix = key.startsWith(prefix) && end >= 0 && end === key.length - delimiter.length;
  return isCommonPrefix ? { commonPrefix: key } : { key };
}
