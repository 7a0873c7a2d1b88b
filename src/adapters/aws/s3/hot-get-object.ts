import type { HotEndpoint } from "../hot/hot-endpoint.js";
import { encodeKey } from "../hot/hot-road.js";
import type { HttpHead } from "../hot/http-connection.js";
import type { ObjectAnswer } from "./object-answer.js";

export interface HotGet {
  readonly key: string;
  /** The `Range` header; without it, the whole object. */
  readonly range: string | undefined;
  readonly versionId: string | undefined;
  readonly expectedBucketOwner: string | undefined;
  /** Memory for the body, if it has just its length. */
  readonly into: Buffer | undefined;
  readonly signal: AbortSignal;
}

/** Reads an object or a range of it over the hot road, once. `check` sees what is announced before memory is taken for it. */
export async function hotGetObject(endpoint: HotEndpoint, get: HotGet, check: (answer: ObjectAnswer) => void): Promise<{ readonly answer: ObjectAnswer; readonly body: Buffer }> {
  const { key, range, versionId, expectedBucketOwner, into, signal } = get;
  const headers = {
    ...(range === undefined ? { "x-amz-checksum-mode": "ENABLED" } : { range }),
    ...(expectedBucketOwner !== undefined && { "x-amz-expected-bucket-owner": expectedBucketOwner }),
  };
  const place = (head: HttpHead, length: number): Buffer => {
    check(answerOf(head));
    return into?.length === length ? into : Buffer.allocUnsafe(length);
  };
  const { body, ...head } = await endpoint.send({ method: "GET", path: `/${encodeKey(key)}`, query: versionId === undefined ? [] : [["versionId", versionId]], headers, signal }, place);
  return { answer: answerOf(head), body };
}

function answerOf({ headers }: HttpHead): ObjectAnswer {
  const modifiedAt = new Date(headers["last-modified"] ?? "");
  return {
    ContentLength: Number(headers["content-length"]),
    ContentRange: headers["content-range"],
    ETag: headers["etag"],
    VersionId: headers["x-amz-version-id"],
    LastModified: Number.isNaN(modifiedAt.getTime()) ? undefined : modifiedAt,
    ChecksumSHA256: headers["x-amz-checksum-sha256"],
    ChecksumType: headers["x-amz-checksum-type"],
  };
}
