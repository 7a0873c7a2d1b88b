import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { S3Bed, readBody } from "../testing/s3-bed.js";
import { copyObject } from "./copy-object.js";
import { getObject, headObject } from "./get-object.js";
import { putObject } from "./put-object.js";
import { restoreObject } from "./restore-object.js";

const Bucket = "archive";
const HOUR_MS = 3_600_000;
let bed: S3Bed;

beforeEach(async () => {
  bed = await S3Bed.open();
  await bed.createBucket(Bucket);
});
afterEach(() => bed.close());

const put = (Key: string, StorageClass: "GLACIER" | "DEEP_ARCHIVE" | "GLACIER_IR" | "STANDARD_IA") =>
  bed.call(putObject, { Bucket, Key, StorageClass, Body: Buffer.from("cold") });
const restore = (Key: string, Tier: "Standard" | "Bulk" | "Expedited", Days = 1) =>
  bed.refusal(restoreObject, { Bucket, Key, RestoreRequest: { Days, GlacierJobParameters: { Tier } } });
const restoreHeader = async (Key: string) => (await bed.call(headObject, { Bucket, Key })).Restore;

describe("archived objects", () => {
  it("can be read only between the end of a restore and its expiry", async () => {
    await put("k", "GLACIER");
    expect(await bed.refusal(getObject, { Bucket, Key: "k" })).toBe("403 InvalidObjectState");
    expect(await bed.refusal(copyObject, { Bucket, Key: "c", CopySource: "archive/k" })).toBe("403 InvalidObjectState");
    expect(await restoreHeader("k")).toBeUndefined();
    expect(await restore("k", "Standard")).toBe("succeeded");
    expect(await restoreHeader("k")).toBe('ongoing-request="true"');
    expect(await restore("k", "Standard")).toBe("409 RestoreAlreadyInProgress");
    bed.clock.advance(4 * HOUR_MS);
    expect(await bed.refusal(getObject, { Bucket, Key: "k" })).toBe("403 InvalidObjectState");
    await bed.restart();
    bed.clock.advance(2 * HOUR_MS);
    expect(await restoreHeader("k")).toMatch(/^ongoing-request="false", expiry-date="\w{3}, \d\d \w{3} \d{4} 00:00:00 GMT"$/);
    const output = await bed.call(getObject, { Bucket, Key: "k" });
    expect(output.StorageClass).toBe("GLACIER");
    expect((await readBody(output.Body)).toString()).toBe("cold");
    bed.clock.advance(49 * HOUR_MS);
    expect(await bed.refusal(getObject, { Bucket, Key: "k" })).toBe("403 InvalidObjectState");
  });

  it("take longer from deep archive, which has no expedited tier", async () => {
    await put("k", "DEEP_ARCHIVE");
    expect(await restore("k", "Expedited")).toBe("400 InvalidArgument");
    expect(await restore("k", "Bulk")).toBe("succeeded");
    bed.clock.advance(47 * HOUR_MS);
    expect(await restoreHeader("k")).toBe('ongoing-request="true"');
    bed.clock.advance(2 * HOUR_MS);
    expect(await bed.refusal(getObject, { Bucket, Key: "k" })).toBe("succeeded");
  });

  it("can be restored faster while a slow restore is under way", async () => {
    await put("k", "GLACIER");
    expect(await restore("k", "Bulk")).toBe("succeeded");
    expect(await restore("k", "Expedited")).toBe("succeeded");
    bed.clock.advance(HOUR_MS / 6);
    expect(await restoreHeader("k")).toContain("false");
    expect(await restore("k", "Standard", 30)).toBe("succeeded");
  });

  it("need no restore in the other classes, and take none", async () => {
    for (const storageClass of ["GLACIER_IR", "STANDARD_IA"] as const) {
      await put("k", storageClass);
      expect(await bed.refusal(getObject, { Bucket, Key: "k" })).toBe("succeeded");
      expect(await restore("k", "Standard")).toBe("403 InvalidObjectState");
    }
    expect(await bed.refusal(putObject, { Bucket, Key: "k", StorageClass: "FROZEN" as "GLACIER" })).toBe("400 InvalidStorageClass");
  });
});
