import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { S3Bed } from "../testing/s3-bed.js";
import { putBucketVersioning } from "./bucket/versioning.js";
import { deleteObject } from "./delete-object.js";
import { listObjectVersions } from "./list-object-versions.js";
import { listObjects, listObjectsV2 } from "./list-objects.js";
import { putObject } from "./put-object.js";

const Bucket = "listing";
const KEYS = ["a/1", "a/2", "a/b/3", "a-", "b", "é", "ｚ", "\u{1F600}", "z z+%", "\u0001"];
let bed: S3Bed;

beforeAll(async () => {
  bed = await S3Bed.open();
  await bed.createBucket(Bucket);
  for (const Key of KEYS) await bed.call(putObject, { Bucket, Key, Body: Buffer.from(Key) });
});
afterAll(() => bed.close());

function inUtf8Order(keys: readonly string[]): string[] {
  return [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

/** All that a listing gives, page by page: keys and common prefixes in the order of the pages. */
async function listAll(options: { Prefix?: string; Delimiter?: string; StartAfter?: string; MaxKeys: number }): Promise<string[]> {
  const names: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await bed.call(listObjectsV2, { Bucket, ...options, ContinuationToken });
    expect(page.KeyCount).toBeLessThanOrEqual(options.MaxKeys);
    const pageNames = [...(page.Contents ?? []).map((one) => one.Key ?? ""), ...(page.CommonPrefixes ?? []).map((one) => one.Prefix ?? "")];
    names.push(...inUtf8Order(pageNames));
    ContinuationToken = page.NextContinuationToken;
    expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
  } while (ContinuationToken !== undefined);
  return names;
}

describe("listing objects", () => {
  it("goes in the order of the keys' UTF-8 bytes, in pages of any size", async () => {
    for (const MaxKeys of [1, 3, 1000]) expect(await listAll({ MaxKeys })).toEqual(inUtf8Order(KEYS));
  });

  it("rolls keys up to common prefixes, each once", async () => {
    for (const MaxKeys of [1, 2, 1000]) {
      expect(await listAll({ MaxKeys, Delimiter: "/", Prefix: "a" })).toEqual(["a-", "a/"]);
      expect(await listAll({ MaxKeys, Delimiter: "/", Prefix: "a/" })).toEqual(["a/1", "a/2", "a/b/"]);
    }
  });

  it("starts after a key, whether it is there or not", async () => {
    expect(await listAll({ MaxKeys: 5, StartAfter: "b" })).toEqual(inUtf8Order(KEYS).slice(inUtf8Order(KEYS).indexOf("b") + 1));
    expect(await listAll({ MaxKeys: 5, Prefix: "a/", StartAfter: "a/10" })).toEqual(["a/2", "a/b/3"]);
  });

  it("percent-encodes names where it is asked to", async () => {
    const { Contents: contents } = await bed.call(listObjectsV2, { Bucket, EncodingType: "url" });
    const keys = (contents ?? []).map((one) => one.Key ?? "");
    expect(keys).toContain("z%20z%2B%25");
    expect(keys).toContain("a/b/3");
    expect(keys.map(decodeURIComponent)).toEqual(inUtf8Order(KEYS));
  });

  it("goes on after markers in its first version too", async () => {
    const first = await bed.call(listObjects, { Bucket, Delimiter: "/", Prefix: "a", MaxKeys: 1 });
    expect(first).toMatchObject({ IsTruncated: true, NextMarker: "a-" });
    const second = await bed.call(listObjects, { Bucket, Delimiter: "/", Prefix: "a", MaxKeys: 1, Marker: first.NextMarker });
    expect(second).toMatchObject({ IsTruncated: false, CommonPrefixes: [{ Prefix: "a/" }] });
    const beyond = await bed.call(listObjects, { Bucket, Delimiter: "/", Prefix: "a", Marker: "a/" });
    expect(beyond.CommonPrefixes).toBeUndefined();
  });

  it("refuses a token that it didn't give, and gives nothing for no keys", async () => {
    expect(await bed.refusal(listObjectsV2, { Bucket, ContinuationToken: "?" })).toBe("400 InvalidArgument");
    expect(await bed.refusal(listObjectsV2, { Bucket, MaxKeys: -1 })).toBe("400 InvalidArgument");
    expect(await bed.call(listObjectsV2, { Bucket, MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });
});

describe("listing versions", () => {
  it("gives versions and markers newest first, in pages of any size", async () => {
    await bed.createBucket("history");
    const Bucket = "history";
    await bed.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status: "Enabled" } });
    const expected: string[] = [];
    for (const Key of ["a", "b"]) {
      const ids: string[] = [];
      for (let at = 0; at < 3; at++) ids.unshift((await bed.call(putObject, { Bucket, Key })).VersionId ?? "");
      ids.unshift((await bed.call(deleteObject, { Bucket, Key })).VersionId ?? "");
      expected.push(...ids);
    }
    expect((await bed.call(listObjectsV2, { Bucket })).KeyCount).toBe(0);
    for (const MaxKeys of [1, 3, 1000]) {
      const seen: string[] = [];
      let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
      for (;;) {
        const page = await bed.call(listObjectVersions, { Bucket, MaxKeys, ...marker });
        const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map((entry) => entry.VersionId ?? "");
        seen.push(...entries.sort((left, right) => expected.indexOf(left) - expected.indexOf(right)));
        if (page.IsTruncated !== true) break;
        marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      }
      expect(seen).toEqual(expected);
    }
  });
});
