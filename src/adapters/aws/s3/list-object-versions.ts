import type { DeleteMarkerEntry, ListObjectVersionsCommandOutput, ObjectVersion as ListedVersion } from "@aws-sdk/client-s3";
import { ProviderError } from "../../../errors/index.js";
import type { ObjectVersion } from "../../../ports/index.js";
import { isObjectName } from "../../../object-store/object-name.js";
import type { S3Package } from "../clients/aws-packages.js";
import type { ListOptions } from "./list-objects.js";
import { decodeListed, listedName } from "./listed-name.js";
import { watchEntryOrder, type EntryKind } from "./entry-order.js";
import { orderVersions } from "./order-versions.js";
import { s3Call, type S3Place } from "./s3-place.js";

interface Page {
  readonly answer: ListObjectVersionsCommandOutput;
  /** In which order versions and delete markers alternate: the client sorts them into two lists. */
  readonly order: readonly EntryKind[];
}

interface Marker {
  readonly KeyMarker: string;
  readonly VersionIdMarker?: string | undefined;
}

/** All versions and delete markers of names that start with `prefix`, page by page, in the order in which S3 lists. */
export async function* listObjectVersions(place: S3Place, prefix: string, { startAfter, signal }: ListOptions): AsyncGenerator<ObjectVersion> {
  let previous = "";
  let marker: Marker | undefined = startAfter === undefined ? undefined : { KeyMarker: place.keyPrefix + startAfter };
  do {
    const page = await readPage(place, prefix, marker, signal);
    for (const version of orderVersions([...inDocumentOrder(page, place.keyPrefix)])) {
      signal?.throwIfAborted();
      if (isAfter(previous, version.name)) throw unusable(`it lists ${version.name} after ${previous}`);
      previous = version.name;
      // S3 begins after its key marker, other servers with it.
      if (isObjectName(version.name) && (startAfter === undefined || isAfter(version.name, startAfter))) yield version;
    }
    marker = nextMarker(page.answer);
  } while (marker !== undefined);
}

async function readPage(place: S3Place, prefix: string, marker: Marker | undefined, signal: AbortSignal | undefined): Promise<Page> {
  const { bucket: Bucket, keyPrefix, expectedBucketOwner: ExpectedBucketOwner } = place;
  const call = s3Call(place, { operation: "ListObjectVersions", rateClass: "list", permissions: ["s3:ListBucketVersions"], signal });
  return await place.calls.run(call, async (attempt) => {
    let order: readonly EntryKind[] = [];
    const watched = (aws: S3Package) => {
      const command = new aws.ListObjectVersionsCommand({ Bucket, Prefix: keyPrefix + prefix, EncodingType: "url", ExpectedBucketOwner, ...marker });
      order = watchEntryOrder(command);
      return command;
    };
    return { answer: await place.client.send(watched, { abortSignal: attempt.signal }), order };
  });
}

function* inDocumentOrder({ answer, order }: Page, keyPrefix: string): Generator<ObjectVersion> {
  const { Versions: versions = [], DeleteMarkers: markers = [] } = answer;
  if (order.length !== versions.length + markers.length) throw unusable(`it has ${order.length} entries, and ${versions.length} versions and ${markers.length} delete markers`);
  let version = 0;
  let marker = 0;
  for (const kind of order) yield kind === "Version" ? describe(versions[version++], keyPrefix) : describe(markers[marker++], keyPrefix, true);
}

function describe(entry: ListedVersion | DeleteMarkerEntry | undefined, keyPrefix: string, isDeleteMarker = false): ObjectVersion {
  const { Key, VersionId: versionId, IsLatest: isLatest = false, LastModified: modifiedAt, Size, ETag: etag }: ListedVersion = entry ?? {};
  const name = listedName(Key, keyPrefix);
  if (name === undefined || versionId === undefined) throw unusable("an entry has no key below the prefix or no version id");
  const common = { name, versionId, isLatest, isDeleteMarker, ...(modifiedAt === undefined ? {} : { modifiedAt }) };
  if (isDeleteMarker) return { ...common, sizeBytes: 0 };
  if (Size === undefined || etag === undefined) throw unusable("a version has no size or no ETag");
  return { ...common, sizeBytes: Size, etag };
}

function isAfter(name: string, other: string): boolean {
  return Buffer.compare(Buffer.from(name), Buffer.from(other)) > 0;
}

function nextMarker({ IsTruncated, NextKeyMarker, NextVersionIdMarker }: ListObjectVersionsCommandOutput): Marker | undefined {
  if (IsTruncated !== true) return undefined;
  const key = NextKeyMarker === undefined ? undefined : decodeListed(NextKeyMarker);
  if (key === undefined) throw unusable("a page goes on without saying where");
  return { KeyMarker: key, VersionIdMarker: NextVersionIdMarker };
}

function unusable(what: string): ProviderError {
  return new ProviderError(`s3:ListObjectVersions cannot be relied on: ${what}. The endpoint does not speak S3 as AWS does.`, { code: "InvalidListing", service: "s3", operation: "ListObjectVersions" });
}
