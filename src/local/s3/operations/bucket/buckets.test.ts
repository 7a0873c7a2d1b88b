import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BED_ACCOUNT, BED_REGION, S3Bed } from "../../testing/s3-bed.js";
import { getObjectTagging, putObjectTagging } from "../object-tagging.js";
import { deleteObject } from "../delete-object.js";
import { getObject, headObject } from "../get-object.js";
import { listObjectVersions } from "../list-object-versions.js";
import { listObjectsV2 } from "../list-objects.js";
import { createMultipartUpload } from "../multipart/create-multipart-upload.js";
import { listMultipartUploads } from "../multipart/list-multipart-uploads.js";
import { putObject } from "../put-object.js";
import { getBucketTagging, putBucketTagging } from "./bucket-tagging.js";
import { deleteBucket, getBucketLocation, headBucket, listBuckets } from "./buckets.js";
import { createBucket } from "./create-bucket.js";
import { getBucketEncryption, putBucketEncryption } from "./encryption.js";
import { getBucketLifecycleConfiguration, putBucketLifecycleConfiguration } from "./lifecycle.js";
import { deleteBucketPolicy, getBucketPolicy, putBucketPolicy } from "./policy.js";
import { putBucketVersioning } from "./versioning.js";

const Bucket = "my-bucket";
const stranger = { accountId: "999988887777", principalArn: "arn:aws:iam::999988887777:user/eve" };
let bed: S3Bed;

beforeEach(async () => {
  bed = await S3Bed.open();
  await bed.createBucket(Bucket);
});
afterEach(() => bed.close());

const create = (name: string, constraint: string | undefined = BED_REGION) =>
  ({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: constraint } }) as Parameters<typeof createBucket>[1];

describe("buckets", () => {
  it("have names by S3's rules, unique among all accounts", async () => {
    for (const name of ["ab", "Capital", "under_score", "-a-b", "a..b", "192.168.0.1", "xn--abc", "abc-s3alias", "a".repeat(64)]) {
      expect(await bed.refusal(createBucket, create(name)), name).toBe("400 InvalidBucketName");
    }
    expect(await bed.refusal(createBucket, create(Bucket))).toBe("409 BucketAlreadyOwnedByYou");
    expect(await bed.refusal(createBucket, create(Bucket), stranger)).toBe("409 BucketAlreadyExists");
  });

  it("lie in the region of the endpoint that made them, and are found there alone", async () => {
    expect(await bed.refusal(createBucket, create("elsewhere", "eu-north-1"))).toBe("400 IllegalLocationConstraintException");
    expect(await bed.refusal(createBucket, { Bucket: "classic" })).toBe("400 IllegalLocationConstraintException");
    expect(await bed.refusal(createBucket, { Bucket: "classic" }, { region: "us-east-1" })).toBe("succeeded");
    expect(await bed.call(getBucketLocation, { Bucket: "classic" })).toEqual({});
    expect(await bed.call(getBucketLocation, { Bucket })).toEqual({ LocationConstraint: BED_REGION });
    expect(await bed.refusal(headBucket, { Bucket: "classic" })).toBe("301 PermanentRedirect");
    expect((await bed.call(headBucket, { Bucket })).BucketRegion).toBe(BED_REGION);
  });

  it("are listed by their owner, and removed only when they are empty", async () => {
    await bed.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status: "Enabled" } });
    await bed.call(putObject, { Bucket, Key: "k" });
    await bed.call(deleteObject, { Bucket, Key: "k" });
    expect(await bed.refusal(deleteBucket, { Bucket })).toBe("409 BucketNotEmpty");
    const { Versions: versions = [], DeleteMarkers: markers = [] } = await bed.call(listObjectVersions, { Bucket });
    for (const { VersionId } of [...versions, ...markers]) await bed.call(deleteObject, { Bucket, Key: "k", VersionId });
    expect((await bed.call(listBuckets, {})).Buckets?.map((bucket) => bucket.Name)).toEqual([Bucket]);
    expect((await bed.call(listBuckets, {}, stranger)).Buckets).toEqual([]);
    await bed.call(deleteBucket, { Bucket });
    await bed.restart();
    expect(await bed.refusal(headBucket, { Bucket })).toBe("404 NoSuchBucket");
    expect(await bed.refusal(createBucket, create(Bucket), stranger)).toBe("succeeded");
  });

  it("belong to their owner unless the policy says otherwise", async () => {
    await bed.call(putObject, { Bucket, Key: "k" });
    expect(await bed.refusal(getObject, { Bucket, Key: "k" }, stranger)).toBe("403 AccessDenied");
    expect(await bed.refusal(headObject, { Bucket, Key: "k", ExpectedBucketOwner: stranger.accountId })).toBe("403 AccessDenied");
    expect(await bed.refusal(headObject, { Bucket, Key: "k", ExpectedBucketOwner: BED_ACCOUNT })).toBe("succeeded");
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: stranger.accountId }, Action: "s3:Get*", Resource: `arn:aws:s3:::${Bucket}/*` }],
    });
    await bed.call(putBucketPolicy, { Bucket, Policy });
    await bed.restart();
    expect(await bed.refusal(getObject, { Bucket, Key: "k" }, stranger)).toBe("succeeded");
    expect(await bed.refusal(deleteObject, { Bucket, Key: "k" }, stranger)).toBe("403 AccessDenied");
    expect(await bed.call(getBucketPolicy, { Bucket })).toEqual({ Policy });
    await bed.call(deleteBucketPolicy, { Bucket });
    expect(await bed.refusal(getBucketPolicy, { Bucket })).toBe("404 NoSuchBucketPolicy");
  });

  it("can force conditional writes by their policy", async () => {
    const Policy = JSON.stringify({
      Statement: [{
        Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: `arn:aws:s3:::${Bucket}/log/*`,
        Condition: { Null: { "s3:if-none-match": "true" } },
      }],
    });
    await bed.call(putBucketPolicy, { Bucket, Policy });
    expect(await bed.refusal(putObject, { Bucket, Key: "log/1" })).toBe("403 AccessDenied");
    expect(await bed.refusal(putObject, { Bucket, Key: "other" })).toBe("succeeded");
    const headers = { "if-none-match": "*" };
    expect(await bed.refusal(putObject, { Bucket, Key: "log/1", IfNoneMatch: "*" }, { headers })).toBe("succeeded");
  });

  it("refuse policies that they don't understand", async () => {
    const statement = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: `arn:aws:s3:::${Bucket}` };
    for (const policy of [
      "no json",
      "{}",
      JSON.stringify({ Statement: { ...statement, Resource: "arn:aws:s3:::another" } }),
      JSON.stringify({ Statement: { ...statement, Condition: { Unheard: { "aws:x": "y" } } } }),
      JSON.stringify({ Statement: { ...statement, Principal: undefined } }),
    ]) {
      expect(await bed.refusal(putBucketPolicy, { Bucket, Policy: policy }), policy).toBe("400 MalformedPolicy");
    }
  });

  it("keep their tags, encryption and lifecycle over a restart", async () => {
    await bed.call(putBucketTagging, { Bucket, Tagging: { TagSet: [{ Key: "a", Value: "b" }] } });
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: "alias/k" } }] as const;
    await bed.call(putBucketEncryption, { Bucket, ServerSideEncryptionConfiguration: { Rules: [...Rules] } });
    const expiry = new Date("2040-01-01T00:00:00Z");
    const LifecycleConfiguration = { Rules: [{ ID: "r", Status: "Enabled", Filter: {}, Expiration: { Date: expiry } }] } as const;
    await bed.call(putBucketLifecycleConfiguration, { Bucket, LifecycleConfiguration: { Rules: [...LifecycleConfiguration.Rules] } });
    await bed.restart();
    expect(await bed.call(getBucketTagging, { Bucket })).toEqual({ TagSet: [{ Key: "a", Value: "b" }] });
    expect((await bed.call(getBucketEncryption, { Bucket })).ServerSideEncryptionConfiguration?.Rules).toEqual(Rules);
    expect((await bed.call(getBucketLifecycleConfiguration, { Bucket })).Rules).toEqual(LifecycleConfiguration.Rules);
    const put = await bed.call(putObject, { Bucket, Key: "k" });
    expect(put).toMatchObject({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: "alias/k" });
  });

  it("expire what their lifecycle rules say when the clock moves on", async () => {
    await bed.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status: "Enabled" } });
    await bed.call(putBucketLifecycleConfiguration, {
      Bucket,
      LifecycleConfiguration: {
        Rules: [
          { Status: "Enabled", Filter: { Prefix: "old/" }, NoncurrentVersionExpiration: { NoncurrentDays: 7 } },
          { Status: "Enabled", Filter: { Prefix: "" }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } },
        ],
      },
    });
    for (const Key of ["old/a", "new/a"]) for (let at = 0; at < 2; at++) await bed.call(putObject, { Bucket, Key });
    await bed.call(createMultipartUpload, { Bucket, Key: "m" });
    const counts = async () => {
      await bed.storage.settled();
      const { Versions: versions = [] } = await bed.call(listObjectVersions, { Bucket });
      const { Uploads: uploads = [] } = await bed.call(listMultipartUploads, { Bucket });
      return [versions.filter((version) => version.Key === "old/a").length, versions.length, uploads.length];
    };
    bed.clock.advance(3 * 86_400_000);
    expect(await counts()).toEqual([2, 4, 0]);
    bed.clock.advance(5 * 86_400_000);
    expect(await counts()).toEqual([1, 3, 0]);
  });

  it("tag objects, within limits", async () => {
    await bed.call(putObject, { Bucket, Key: "k", Tagging: "a=1&b=x%20y" });
    expect((await bed.call(getObjectTagging, { Bucket, Key: "k" })).TagSet).toEqual([{ Key: "a", Value: "1" }, { Key: "b", Value: "x y" }]);
    const tags = Array.from({ length: 11 }, (_, at) => ({ Key: `k${at}`, Value: "" }));
    expect(await bed.refusal(putObjectTagging, { Bucket, Key: "k", Tagging: { TagSet: tags } })).toBe("400 BadRequest");
    expect(await bed.refusal(putObjectTagging, { Bucket, Key: "k", Tagging: { TagSet: [{ Key: "a", Value: "" }, { Key: "a", Value: "" }] } })).toBe("400 InvalidTag");
  });

  it("answer SlowDown beyond their request rate", async () => {
    const slow = await S3Bed.open({ readsPerSecond: 5 });
    try {
      await slow.createBucket(Bucket);
      const outcomes: string[] = [];
      for (let at = 0; at < 20; at++) outcomes.push(await slow.refusal(listObjectsV2, { Bucket }));
      expect(outcomes.slice(0, 5).every((outcome) => outcome === "succeeded")).toBe(true);
      expect(outcomes).toContain("503 SlowDown");
    } finally {
      await slow.close();
    }
  });
});
