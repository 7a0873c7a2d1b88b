import type { ListPartsOutput, ListPartsRequest, StorageClass } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../service.js";
import { openObject } from "../../access/open-bucket.js";
import { partChecksumMembers } from "../../checksums/claimed-checksum.js";
import type { S3Environment } from "../../s3-environment.js";
import { pageSize } from "../list-encoding.js";
import { findUpload } from "./find-upload.js";

export async function listParts(
  environment: S3Environment,
  input: ListPartsRequest,
  context: RequestContext,
): Promise<ListPartsOutput> {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:ListMultipartUploadParts",
  });
  const { upload, parts } = findUpload(bucket, key, input.UploadId);
  const maxParts = pageSize(input.MaxParts);
  const marker = Number(input.PartNumberMarker ?? 0);
  const following = [...parts.values()]
    .filter((part) => part.partNumber > marker)
    .sort((left, right) => left.partNumber - right.partNumber);
  const page = following.slice(0, maxParts);
  const { checksum } = upload;
  return {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.uploadId,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(page.at(-1)?.partNumber ?? marker),
    MaxParts: maxParts,
    IsTruncated: maxParts > 0 && following.length > page.length,
    Initiator: { ID: upload.initiatorArn },
    Owner: { ID: bucket.settings.ownerAccountId },
    StorageClass: upload.attributes.storageClass as StorageClass,
    ...(checksum === undefined ? {} : { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    ...(page.length === 0
      ? {}
      : {
          Parts: page.map((part) => ({
            PartNumber: part.partNumber,
            LastModified: new Date(part.modifiedAtMs),
            ETag: `"${part.etag}"`,
            Size: part.segment.sizeBytes,
            ...partChecksumMembers(part.checksum),
          })),
        }),
  };
}
