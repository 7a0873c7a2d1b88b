import type {
  GetObjectAttributesOutput,
  GetObjectAttributesParts,
  GetObjectAttributesRequest,
  ObjectAttributes,
  StorageClass,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../service.js";
import { hidingMissing, openObject } from "../access/open-bucket.js";
import { checksumMembers, partChecksumMembers } from "../checksums/claimed-checksum.js";
import { invalidArgument } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { ObjectVersion } from "../storage/object-version.js";
import { findObject } from "./find-version.js";
import { versionIdMember } from "./object-members.js";

const ATTRIBUTES: ReadonlySet<string> = new Set(["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]);
const MAX_PARTS = 1000;

export async function getObjectAttributes(
  environment: S3Environment,
  input: GetObjectAttributesRequest,
  context: RequestContext,
): Promise<GetObjectAttributesOutput> {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: input.VersionId === undefined ? "s3:GetObjectAttributes" : "s3:GetObjectVersionAttributes",
  });
  const wanted = new Set<ObjectAttributes>(input.ObjectAttributes ?? []);
  if (wanted.size === 0 || [...wanted].some((name) => !ATTRIBUTES.has(name))) {
    throw invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", [...wanted].join(","));
  }
  const version = hidingMissing(bucket, context, () => findObject(bucket, key, input.VersionId, "GET"));
  const parts = wanted.has("ObjectParts") ? describeParts(version, input) : undefined;
  return {
    LastModified: new Date(version.modifiedAtMs),
    ...versionIdMember(bucket, version),
    ...(wanted.has("ETag") ? { ETag: version.etag } : {}),
    ...(wanted.has("Checksum") && version.checksum !== undefined ? { Checksum: checksumMembers(version.checksum) } : {}),
    ...(parts === undefined ? {} : { ObjectParts: parts }),
    ...(wanted.has("StorageClass") ? { StorageClass: version.attributes.storageClass as StorageClass } : {}),
    ...(wanted.has("ObjectSize") ? { ObjectSize: version.sizeBytes } : {}),
  };
}

/** The parts of a multipart object; S3 lists them one by one only where they have checksums of their own. */
function describeParts(version: ObjectVersion, input: GetObjectAttributesRequest): GetObjectAttributesParts | undefined {
  const { parts } = version;
  if (parts === undefined) return undefined;
  const maxParts = Math.min(input.MaxParts ?? MAX_PARTS, MAX_PARTS);
  const marker = Number(input.PartNumberMarker ?? 0);
  const numbered = parts.map((part, at) => ({ ...part, partNumber: at + 1 })).filter((part) => part.partNumber > marker);
  const page = numbered.slice(0, maxParts);
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker: String(marker),
    MaxParts: maxParts,
    IsTruncated: numbered.length > page.length,
    NextPartNumberMarker: String(page.at(-1)?.partNumber ?? marker),
    ...(page.some((part) => part.checksum !== undefined)
      ? {
          Parts: page.map((part) => ({
            PartNumber: part.partNumber,
            Size: part.sizeBytes,
            ...partChecksumMembers(part.checksum),
          })),
        }
      : {}),
  };
}
