import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { region, S3Bed } from "../../../../test/support/s3-bed.js";
import { AwsAccount, clientsOf } from "../aws-account.js";
import { s3Storage } from "../s3/s3-storage.js";

let bed: S3Bed;
beforeAll(async () => {
  bed = await S3Bed.open();
});
afterAll(async () => {
  await bed.close();
});

describe("the hot road", () => {
  it("is learned from the first call that succeeds, and carries the next ones to the same place", async () => {
    const bucket = await bed.makeBucket();
    const account = bed.openAccount();
    const store = await s3Storage({ account, bucket, prefix: "a/b" }).openStore();
    const road = clientsOf(account).hotRoad("s3", region);
    expect(road?.bucket(bucket)).toBeUndefined();
    await store.put("first", Buffer.from("by the AWS client"));
    const endpoint = road?.bucket(bucket);
    expect(endpoint).toBeDefined();
    await store.put("second", Buffer.from("by the hot road"));
    const { body } = (await endpoint?.send({ method: "GET", path: "/a/b/second" }, (_head, length) => Buffer.alloc(length))) ?? {};
    expect(body?.toString()).toBe("by the hot road");
    expect((await store.get("first")).body.toString()).toBe("by the AWS client");
  });

  it("is not learned from a call that is refused", async () => {
    const bucket = await bed.makeBucket({}, "eu-north-1");
    const account = bed.openAccount();
    await expect((await s3Storage({ account, bucket }).openStore()).get("a")).rejects.toMatchObject({ code: "WrongRegion" });
    expect(clientsOf(account).hotRoad("s3", region)?.bucket(bucket)).toBeUndefined();
  });

  it("is not there where it is not wanted, or the client was given", () => {
    const connection = bed.cloud.connection({ region });
    const plain = new AwsAccount({ ...connection, hotRoad: false });
    const injected = new AwsAccount({ ...connection, clients: { s3: bed.account.s3(region) } });
    for (const account of [plain, injected]) {
      account.s3(region);
      expect(clientsOf(account).hotRoad("s3", region)).toBeUndefined();
    }
    expect(() => new AwsAccount({ ...connection, hotRoad: "yes" as unknown as boolean })).toThrow("hotRoad");
  });
});
