import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { S3Bed } from "../testing/s3-bed.js";
import { putBucketPolicy } from "./bucket/policy.js";
import { getObjectLockConfiguration, putObjectLockConfiguration } from "./bucket/object-lock-configuration.js";
import { putBucketVersioning } from "./bucket/versioning.js";
import { deleteObject, deleteObjects } from "./delete-object.js";
import { headObject } from "./get-object.js";
import { getObjectLegalHold, getObjectRetention, putObjectLegalHold, putObjectRetention } from "./object-lock.js";
import { putObject } from "./put-object.js";

const Bucket = "locked";
const DAY_MS = 86_400_000;
const ContentMD5 = "CY9rzUYh03PK3k6DJie09g=="; // of "test"
const Body = Buffer.from("test");
let bed: S3Bed;

beforeEach(async () => {
  bed = await S3Bed.open();
  await bed.createBucket(Bucket, { objectLock: true });
});
afterEach(() => bed.close());

const inDays = (days: number) => new Date(bed.clock.now().getTime() + days * DAY_MS);

async function putLocked(mode: "GOVERNANCE" | "COMPLIANCE", days: number): Promise<{ Bucket: string; Key: string; VersionId: string }> {
  const { VersionId = "" } = await bed.call(putObject, {
    Bucket, Key: "k", Body, ContentMD5, ObjectLockMode: mode, ObjectLockRetainUntilDate: inDays(days),
  });
  return { Bucket, Key: "k", VersionId };
}

describe("object lock", () => {
  it("keeps a version in compliance mode from everybody until its time", async () => {
    const object = await putLocked("COMPLIANCE", 2);
    expect(await bed.refusal(deleteObject, object)).toBe("403 AccessDenied");
    expect(await bed.refusal(deleteObject, { ...object, BypassGovernanceRetention: true })).toBe("403 AccessDenied");
    await bed.restart();
    expect(await bed.refusal(deleteObject, object)).toBe("403 AccessDenied");
    bed.clock.advance(3 * DAY_MS);
    expect(await bed.refusal(deleteObject, object)).toBe("succeeded");
  });

  it("lets a delete without a version pass, as a marker", async () => {
    const object = await putLocked("COMPLIANCE", 2);
    expect(await bed.call(deleteObject, { Bucket, Key: "k" })).toMatchObject({ DeleteMarker: true });
    expect(await bed.refusal(headObject, { Bucket, Key: "k" })).toBe("404 NoSuchKey");
    expect(await bed.refusal(headObject, object)).toBe("succeeded");
  });

  it("lets governance mode be bypassed with the header and the permission", async () => {
    const object = await putLocked("GOVERNANCE", 2);
    expect(await bed.refusal(deleteObject, object)).toBe("403 AccessDenied");
    const Policy = JSON.stringify({
      Statement: { Effect: "Deny", Principal: "*", Action: "s3:BypassGovernanceRetention", Resource: `arn:aws:s3:::${Bucket}/*` },
    });
    await bed.call(putBucketPolicy, { Bucket, Policy });
    expect(await bed.refusal(deleteObject, { ...object, BypassGovernanceRetention: true })).toBe("403 AccessDenied");
    await bed.call(putBucketPolicy, { Bucket, Policy: Policy.replace("/*", "/other") });
    expect(await bed.refusal(deleteObject, { ...object, BypassGovernanceRetention: true })).toBe("succeeded");
  });

  it("extends a retention, and refuses to shorten, remove or change it", async () => {
    const object = await putLocked("COMPLIANCE", 5);
    const retain = (Mode: "GOVERNANCE" | "COMPLIANCE", days: number, BypassGovernanceRetention = false) =>
      bed.refusal(putObjectRetention, { ...object, Retention: { Mode, RetainUntilDate: inDays(days) }, BypassGovernanceRetention });
    expect(await retain("COMPLIANCE", 10)).toBe("succeeded");
    expect(await retain("COMPLIANCE", 7, true)).toBe("403 AccessDenied");
    expect(await retain("GOVERNANCE", 20, true)).toBe("403 AccessDenied");
    expect(await bed.refusal(putObjectRetention, { ...object, Retention: {}, BypassGovernanceRetention: true })).toBe("403 AccessDenied");
    expect(await retain("COMPLIANCE", -1)).toBe("400 InvalidArgument");
    const { Retention: stored } = await bed.call(getObjectRetention, object);
    expect(stored?.Mode).toBe("COMPLIANCE");
    expect(Number(stored?.RetainUntilDate)).toBeGreaterThan(inDays(9).getTime());
  });

  it("shortens governance only with the bypass", async () => {
    const object = await putLocked("GOVERNANCE", 5);
    const shorter = { ...object, Retention: { Mode: "GOVERNANCE", RetainUntilDate: inDays(1) } } as const;
    expect(await bed.refusal(putObjectRetention, shorter)).toBe("403 AccessDenied");
    expect(await bed.refusal(putObjectRetention, { ...shorter, BypassGovernanceRetention: true })).toBe("succeeded");
  });

  it("refuses past dates, half a lock, and a put with neither Content-MD5 nor a checksum", async () => {
    const lock = { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: inDays(1) } as const;
    expect(await bed.refusal(putObject, { Bucket, Key: "k", Body, ...lock })).toBe("400 InvalidRequest");
    expect(await bed.refusal(putObject, { Bucket, Key: "k", Body, ContentMD5, ObjectLockMode: "GOVERNANCE" })).toBe("400 InvalidArgument");
    expect(await bed.refusal(putObject, { Bucket, Key: "k", Body, ContentMD5, ...lock, ObjectLockRetainUntilDate: inDays(-1) })).toBe("400 InvalidArgument");
  });

  it("holds a version without a time, whatever is bypassed", async () => {
    const { VersionId } = await bed.call(putObject, { Bucket, Key: "k", Body });
    const object = { Bucket, Key: "k", VersionId };
    expect(await bed.refusal(getObjectLegalHold, object)).toBe("404 NoSuchObjectLockConfiguration");
    await bed.call(putObjectLegalHold, { ...object, LegalHold: { Status: "ON" } });
    const output = await bed.call(
      deleteObjects,
      { Bucket, Delete: { Objects: [{ Key: "k", VersionId }] }, BypassGovernanceRetention: true },
      { headers: { "content-md5": "x" } },
    );
    expect(output.Errors).toMatchObject([{ Key: "k", VersionId, Code: "AccessDenied" }]);
    await bed.call(putObjectLegalHold, { ...object, LegalHold: { Status: "OFF" } });
    expect(await bed.call(getObjectLegalHold, object)).toEqual({ LegalHold: { Status: "OFF" } });
    expect(await bed.refusal(deleteObject, object)).toBe("succeeded");
  });

  it("gives new versions the bucket's default retention", async () => {
    const Rule = { DefaultRetention: { Mode: "COMPLIANCE", Days: 3 } } as const;
    await bed.call(putObjectLockConfiguration, { Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule } });
    expect((await bed.call(getObjectLockConfiguration, { Bucket })).ObjectLockConfiguration?.Rule).toEqual(Rule);
    expect(await bed.refusal(putObject, { Bucket, Key: "k", Body })).toBe("400 InvalidRequest");
    const { VersionId } = await bed.call(putObject, { Bucket, Key: "k", Body, ContentMD5 });
    expect(await bed.refusal(deleteObject, { Bucket, Key: "k", VersionId })).toBe("403 AccessDenied");
  });

  it("needs versioning, keeps it, and refuses locks in a bucket without it", async () => {
    expect(await bed.refusal(putBucketVersioning, { Bucket, VersioningConfiguration: { Status: "Suspended" } })).toBe("409 InvalidBucketState");
    await bed.createBucket("plain");
    const enable = { Bucket: "plain", ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } } as const;
    expect(await bed.refusal(putObjectLockConfiguration, enable)).toBe("409 InvalidBucketState");
    expect(await bed.refusal(getObjectLockConfiguration, { Bucket: "plain" })).toBe("404 ObjectLockConfigurationNotFoundError");
    const locked = { Bucket: "plain", Key: "k", Body, ContentMD5, ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: inDays(1) } as const;
    expect(await bed.refusal(putObject, locked)).toBe("400 InvalidRequest");
    await bed.call(putBucketVersioning, { Bucket: "plain", VersioningConfiguration: { Status: "Enabled" } });
    expect(await bed.refusal(putObjectLockConfiguration, enable)).toBe("succeeded");
    expect(await bed.refusal(putObject, locked)).toBe("succeeded");
  });
});
