import type { ListMultipartUploadsOutput, ListMultipartUploadsRequest, MultipartUpload, StorageClass } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../service.js";
import { openBucket } from "../../access/open-bucket.js";
import type { S3Environment } from "../../s3-environment.js";
import { toSortKey } from "../../storage/key-index.js";
import type { MultipartUpload as StoredUpload } from "../../storage/object-version.js";
import { nameEncoder, pageSize } from "../list-encoding.js";

type Entry = { readonly upload: StoredUpload } | { readonly commonPrefix: string };

/** Uploads under way: by key in UTF-8 order, those of a key in the order in which they were started. */
export async function listMultipartUploads(
  environment: S3Environment,
  input: ListMultipartUploadsRequest,
  context: RequestContext,
): Promise<ListMultipartUploadsOutput> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:ListBucketMultipartUploads",
  });
  const encode = nameEncoder(input.EncodingType);
  const maxUploads = pageSize(input.MaxUploads);
  const { KeyMarker: keyMarker = "", UploadIdMarker: uploadIdMarker = "" } = input;
  const sorted = [...bucket.state.uploads.values()].map(({ upload }) => upload).sort(compareUploads);
  const entries = rollUp(sorted.slice(startOf(sorted, keyMarker, uploadIdMarker)), input, keyMarker);
  const page = entries.slice(0, maxUploads);
  const isTruncated = maxUploads > 0 && entries.length > page.length;
  const last = page.at(-1);
  const uploads: MultipartUpload[] = page.flatMap((entry) => ("upload" in entry ? [describe(entry.upload, encode, bucket.settings.ownerAccountId)] : []));
  const prefixes = page.flatMap((entry) => ("commonPrefix" in entry ? [{ Prefix: encode(entry.commonPrefix) }] : []));
  return {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: uploadIdMarker,
    Prefix: encode(input.Prefix ?? ""),
    MaxUploads: maxUploads,
    IsTruncated: isTruncated,
    ...(uploads.length === 0 ? {} : { Uploads: uploads }),
    ...(prefixes.length === 0 ? {} : { CommonPrefixes: prefixes }),
    ...(input.Delimiter === undefined ? {} : { Delimiter: encode(input.Delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(isTruncated && last !== undefined
      ? "upload" in last
        ? { NextKeyMarker: encode(last.upload.key), NextUploadIdMarker: last.upload.uploadId }
        : { NextKeyMarker: encode(last.commonPrefix) }
      : {}),
  };
}

function compareUploads(left: StoredUpload, right: StoredUpload): number {
  const [leftKey, rightKey] = [toSortKey(left.key), toSortKey(right.key)];
  if (leftKey !== rightKey) return leftKey < rightKey ? -1 : 1;
  return left.initiatedAtMs - right.initiatedAtMs || (left.uploadId < right.uploadId ? -1 : 1);
}

function startOf(sorted: readonly StoredUpload[], keyMarker: string, uploadIdMarker: string): number {
  if (keyMarker === "") return 0;
  const marked = sorted.findIndex((upload) => upload.key === keyMarker && upload.uploadId === uploadIdMarker);
  if (marked >= 0) return marked + 1;
  const following = sorted.findIndex((upload) => toSortKey(upload.key) > toSortKey(keyMarker));
  return following < 0 ? sorted.length : following;
}

function rollUp(uploads: readonly StoredUpload[], input: ListMultipartUploadsRequest, keyMarker: string): Entry[] {
  const { Prefix: prefix = "", Delimiter: delimiter = "" } = input;
  const entries: Entry[] = [];
  let latestPrefix: string | undefined;
  for (const upload of uploads) {
    if (!upload.key.startsWith(prefix)) continue;
    const cut = delimiter === "" ? -1 : upload.key.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      entries.push({ upload });
      continue;
    }
    const commonPrefix = upload.key.slice(0, cut + delimiter.length);
    if (commonPrefix !== latestPrefix && commonPrefix !== keyMarker) entries.push({ commonPrefix });
    latestPrefix = commonPrefix;
  }
  return entries;
}

function describe(upload: StoredUpload, encode: (name: string) => string, ownerId: string): MultipartUpload {
  const { checksum } = upload;
  return {
    Key: encode(upload.key),
    UploadId: upload.uploadId,
    Initiated: new Date(upload.initiatedAtMs),
    StorageClass: upload.attributes.storageClass as StorageClass,
    Initiator: { ID: upload.initiatorArn },
    Owner: { ID: ownerId },
    ...(checksum === undefined ? {} : { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
  };
}
