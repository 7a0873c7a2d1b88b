import type { ListObjectsV2CommandOutput, _Object as ListedObject } from "@aws-sdk/client-s3";
import { ProviderError } from "../../../errors/index.js";
import type { ObjectInfo } from "../../../ports/index.js";
import { isObjectName } from "../../../object-store/object-name.js";
import { listedName } from "./listed-name.js";
import { s3Call, type S3Place } from "./s3-place.js";

export interface ListOptions {
  readonly startAfter?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The objects whose names start with `prefix`, page by page (a thousand names each), in the order in which S3 lists. */
export async function* listObjects(place: S3Place, prefix: string, options: ListOptions): AsyncGenerator<ObjectInfo> {
  const { keyPrefix } = place;
  let previous = options.startAfter ?? "";
  let token: string | undefined;
  do {
    const page = await readPage(place, prefix, options, token);
    for (const listed of page.Contents ?? []) {
      options.signal?.throwIfAborted();
      const info = describe(listed, keyPrefix);
      // Names are ASCII as long as they are the engine's own; others sort among them by UTF-8.
      if (Buffer.compare(Buffer.from(info.name), Buffer.from(previous)) <= 0) throw unusable(`it lists ${info.name} after ${previous}`);
      previous = info.name;
      if (isObjectName(info.name)) yield info;
    }
    if (page.IsTruncated === true && page.NextContinuationToken === undefined) throw unusable("a page goes on without saying where");
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

async function readPage(place: S3Place, prefix: string, { startAfter, signal }: ListOptions, token: string | undefined): Promise<ListObjectsV2CommandOutput> {
  const { bucket, keyPrefix, expectedBucketOwner } = place;
  const call = s3Call(place, { operation: "ListObjectsV2", rateClass: "list", permissions: ["s3:ListBucket"], signal });
  const input = {
    Bucket: bucket,
    Prefix: keyPrefix + prefix,
    // XML has no form for some characters that other programs may have put into keys.
    EncodingType: "url",
    ExpectedBucketOwner: expectedBucketOwner,
    ...(token === undefined ? {} : { ContinuationToken: token }),
    ...(startAfter === undefined || token !== undefined ? {} : { StartAfter: keyPrefix + startAfter }),
  } as const;
  return await place.calls.run(call, (attempt) => place.client.send((aws) => new aws.ListObjectsV2Command(input), { abortSignal: attempt.signal }));
}

function describe({ Key, Size, ETag, LastModified }: ListedObject, keyPrefix: string): ObjectInfo {
  const name = listedName(Key, keyPrefix);
  if (name === undefined || Size === undefined || ETag === undefined) throw unusable("an entry has no key below the prefix, no size or no ETag");
  return { name, sizeBytes: Size, etag: ETag, ...(LastModified === undefined ? {} : { modifiedAt: LastModified }) };
}

function unusable(what: string): ProviderError {
  return new ProviderError(`s3:ListObjectsV2 cannot be relied on: ${what}. The endpoint does not speak S3 as AWS does.`, { code: "InvalidListing", service: "s3", operation: "ListObjectsV2" });
}
