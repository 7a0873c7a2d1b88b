import { PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, it } from "vitest";
import { S3Bed } from "../../../../test/support/s3-bed.js";
import type { ObjectStore } from "../../../ports/index.js";
import { objectStoreConformance, objectVersionsConformance } from "../../../testing/index.js";

let bed: S3Bed;
beforeAll(async () => {
  bed = await S3Bed.open();
});
afterAll(async () => {
  await bed.close();
});

async function openLocking(): Promise<ObjectStore> {
  return await bed.openStore({ bucket: await bed.makeBucket({ ObjectLockEnabledForBucket: true }) });
}

async function openVersioned(): Promise<ObjectStore> {
  const bucket = await bed.makeBucket();
  await bed.account.s3("eu-west-1").send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }));
  return await bed.openStore({ bucket });
}

describe("an S3 object store in a bucket with Object Lock", () => {
  const clock = { now: () => bed.cloud.clock.now(), pass: async (ms: number): Promise<void> => bed.cloud.clock.advance(ms) };
  objectStoreConformance({ test: it, open: openLocking });
  objectVersionsConformance({ test: it, open: openLocking, locks: true, clock });
});

describe("an S3 object store in a versioned bucket", () => {
  objectVersionsConformance({ test: it, open: openVersioned, locks: false });
});
