import type {
  DeleteObjectTaggingOutput,
  DeleteObjectTaggingRequest,
  GetObjectTaggingOutput,
  GetObjectTaggingRequest,
  PutObjectTaggingOutput,
  PutObjectTaggingRequest,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../service.js";
import { openObject } from "../access/open-bucket.js";
import { malformedXml } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { Bucket } from "../storage/bucket.js";
import { findObject } from "./find-version.js";
import { versionIdMember } from "./object-members.js";
import { MAX_OBJECT_TAGS, tagRecord, tagSet } from "./tags.js";

type TaggingInput = GetObjectTaggingRequest | PutObjectTaggingRequest | DeleteObjectTaggingRequest;

export async function getObjectTagging(
  environment: S3Environment,
  input: GetObjectTaggingRequest,
  context: RequestContext,
): Promise<GetObjectTaggingOutput> {
  const { bucket, key } = openTagged(environment, input, context, "Get");
  const version = findObject(bucket, key, input.VersionId, "GET");
  return { TagSet: tagSet(version.attributes.tags), ...versionIdMember(bucket, version) };
}

export async function putObjectTagging(
  environment: S3Environment,
  input: PutObjectTaggingRequest,
  context: RequestContext,
): Promise<PutObjectTaggingOutput> {
  if (input.Tagging?.TagSet === undefined) throw malformedXml();
  const tags = tagRecord(input.Tagging.TagSet, MAX_OBJECT_TAGS);
  return setTags(openTagged(environment, input, context, "Put"), input.VersionId, tags, "PUT");
}

export async function deleteObjectTagging(
  environment: S3Environment,
  input: DeleteObjectTaggingRequest,
  context: RequestContext,
): Promise<DeleteObjectTaggingOutput> {
  return setTags(openTagged(environment, input, context, "Delete"), input.VersionId, {}, "DELETE");
}

function openTagged(
  environment: S3Environment,
  input: TaggingInput,
  context: RequestContext,
  verb: "Get" | "Put" | "Delete",
): { readonly bucket: Bucket; readonly key: string } {
  return openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: input.VersionId === undefined ? `s3:${verb}ObjectTagging` : `s3:${verb}ObjectVersionTagging`,
    conditionKeys: { "s3:versionid": input.VersionId },
  });
}

async function setTags(
  { bucket, key }: { readonly bucket: Bucket; readonly key: string },
  versionId: string | undefined,
  tags: Readonly<Record<string, string>>,
  method: string,
): Promise<{ readonly VersionId?: string }> {
  return bucket.change(key, false, () => {
    const version = findObject(bucket, key, versionId, method);
    const changed = { ...version, attributes: { ...version.attributes, tags } };
    return { changes: [{ change: "update-version", version: changed }], result: versionIdMember(bucket, version) };
  });
}
