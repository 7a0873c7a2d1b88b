import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ServiceError } from "../../service.js";
import { S3Bed, readBody } from "../testing/s3-bed.js";
import { putBucketVersioning } from "./bucket/versioning.js";
import { copyObject } from "./copy-object.js";
import { deleteObject, deleteObjects } from "./delete-object.js";
import { getObject } from "./get-object.js";
import { putObject } from "./put-object.js";

const bucket = { Bucket: "conditions" };
let bed: S3Bed;

beforeEach(async () => {
  bed = await S3Bed.open();
  await bed.createBucket("conditions");
});
afterEach(() => bed.close());

const put = (key: string, text: string, more: { IfMatch?: string; IfNoneMatch?: string } = {}) =>
  bed.call(putObject, { ...bucket, Key: key, Body: Readable.from([Buffer.from(text)]), ...more });

describe("conditional writes", () => {
  it("let exactly one of fifty concurrent If-None-Match puts win", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        bed.refusal(putObject, { ...bucket, Key: "one", Body: Buffer.from(`writer ${at}`), IfNoneMatch: "*" }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "succeeded")).toHaveLength(1);
    const losers = new Set(outcomes.filter((outcome) => outcome !== "succeeded"));
    expect([...losers].every((code) => code === "412 PreconditionFailed" || code === "409 ConditionalRequestConflict")).toBe(true);
    const winner = outcomes.indexOf("succeeded");
    const stored = await bed.call(getObject, { ...bucket, Key: "one" });
    expect((await readBody(stored.Body)).toString()).toBe(`writer ${winner}`);
  });

  it("refuse If-None-Match over an object, and pass it over a delete marker", async () => {
    await bed.call(putBucketVersioning, { ...bucket, VersioningConfiguration: { Status: "Enabled" } });
    await put("a", "first", { IfNoneMatch: "*" });
    expect(await bed.refusal(putObject, { ...bucket, Key: "a", Body: Buffer.from("x"), IfNoneMatch: "*" })).toBe("412 PreconditionFailed");
    await bed.call(deleteObject, { ...bucket, Key: "a" });
    await put("a", "second", { IfNoneMatch: "*" });
  });

  it("judge If-Match by the current ETag: 412 for another, 404 for none", async () => {
    const { ETag: first } = await put("a", "first");
    await put("a", "second", { IfMatch: first as string });
    expect(await bed.refusal(putObject, { ...bucket, Key: "a", Body: Buffer.from("x"), IfMatch: first })).toBe("412 PreconditionFailed");
    expect(await bed.refusal(putObject, { ...bucket, Key: "none", Body: Buffer.from("x"), IfMatch: first })).toBe("404 NoSuchKey");
  });

  it("answer a conflict while another write of the key is being carried out", async () => {
    const store = bed.storage.bucket("conditions");
    let inside = "";
    await store.change("a", false, () => {
      // The decision of a conditional writer that comes at this very moment.
      void store.change("a", true, () => ({ changes: [], result: undefined })).catch((error: unknown) => {
        if (error instanceof ServiceError) inside = error.code;
      });
      return { changes: [], result: undefined };
    });
    expect(inside).toBe("ConditionalRequestConflict");
  });

  it("leave nothing of a refused write behind", async () => {
    await put("a", "first");
    await bed.refusal(putObject, { ...bucket, Key: "a", Body: Buffer.from("x"), IfNoneMatch: "*" });
    await bed.restart();
    const { Body: body } = await bed.call(getObject, { ...bucket, Key: "a" });
    expect((await readBody(body)).toString()).toBe("first");
  });

  it("are carried out by CopyObject too", async () => {
    await put("a", "first");
    await put("b", "second");
    const copy = { ...bucket, Key: "b", CopySource: "conditions/a" };
    expect(await bed.refusal(copyObject, { ...copy, IfNoneMatch: "*" })).toBe("412 PreconditionFailed");
    expect(await bed.refusal(copyObject, { ...copy, IfMatch: '"0"' })).toBe("412 PreconditionFailed");
    expect(await bed.refusal(copyObject, { ...copy, CopySourceIfNoneMatch: "*" })).toBe("412 PreconditionFailed");
    expect(await bed.refusal(copyObject, copy)).toBe("succeeded");
  });
});

describe("conditional deletes", () => {
  it("remove only the version that was seen", async () => {
    const { ETag: seen } = await put("a", "first");
    await put("a", "second");
    expect(await bed.refusal(deleteObject, { ...bucket, Key: "a", IfMatch: seen })).toBe("412 PreconditionFailed");
    const { ETag: current } = await put("a", "third");
    expect(await bed.refusal(deleteObject, { ...bucket, Key: "a", IfMatch: current })).toBe("succeeded");
    expect(await bed.refusal(deleteObject, { ...bucket, Key: "a", IfMatch: current })).toBe("404 NoSuchKey");
    expect(await bed.refusal(deleteObject, { ...bucket, Key: "a", IfMatch: "*" })).toBe("412 PreconditionFailed");
    expect(await bed.refusal(deleteObject, { ...bucket, Key: "a" })).toBe("succeeded");
  });

  it("report each failure of DeleteObjects for itself, and only failures where it shall be quiet", async () => {
    const { ETag: current } = await put("a", "first");
    await put("b", "second");
    const request = { ...bucket, Delete: { Objects: [{ Key: "a", ETag: current }, { Key: "b", ETag: '"0"' }, { Key: "c" }] } };
    expect(await bed.refusal(deleteObjects, request)).toBe("400 InvalidRequest");
    const headers = { "x-amz-checksum-crc32": "AAAAAA==" };
    const output = await bed.call(deleteObjects, request, { headers });
    expect(output.Deleted?.map((one) => one.Key)).toEqual(["a", "c"]);
    expect(output.Errors).toMatchObject([{ Key: "b", Code: "PreconditionFailed" }]);
    const quiet = await bed.call(deleteObjects, { ...bucket, Delete: { Quiet: true, Objects: [{ Key: "b" }] } }, { headers });
    expect(quiet).toEqual({});
  });
});
