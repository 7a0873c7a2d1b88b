/** Somebody with every permission but one attacks an immutable repository, and nothing is lost: `npx tsx examples/immutable-repository.ts` */
import { randomBytes } from "node:crypto";
import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { Policy, Repository, Restore, s3Storage, type AwsAccount } from "holdfast";
import { runExample, type Print } from "./support/run-example.js";
import { holds, inWorld, makeBucket, makeVolume, noise, region } from "./support/world.js";

export async function immutableRepository(print: Print): Promise<void> {
  await inWorld(async (world) => {
    const { account } = world;
    const data = noise(20);
    const storage = s3Storage({ account, bucket: await makeBucket(account, "locked", true), prefix: "gold" });
    const encryption = { key: randomBytes(32) };
    const repository = await Repository.create({ storage, encryption, immutability: { mode: "COMPLIANCE", periodDays: 30 } });
    const policy = new Policy({ name: "locked", account, include: [{ volume: await makeVolume(world, data) }], backup: { repository } });
    const point = (await policy.run()).resources[0]?.point ?? "";
    const locks = await repository.verifyLocks();
    print(`locked until it may go: ${locks.isHealthy ? "every object" : "not all"}`);

    print(`removed for good by the attacker: ${String(await attack(account, "locked"))} objects`);

    // no recovery is needed to read: what is read is named by its version
    const opened = await Repository.open({ storage, encryption });
    const restored = await new Restore({ repository: opened, account }).volume(point, { availabilityZone: `${region}a` });
    print(`restored from under the attack: ${(await holds(world, restored.volumeId, data)) ? "every byte" : "NOT ALL"}`);
    const report = await opened.recover();
    print(`recovered: ${report.isWhole ? "whole" : "NOT WHOLE"}, ${String(report.removedDeleteMarkers)} delete markers and ${String(report.removedVersions)} false versions removed`);
    print(`verified: ${(await opened.verify({ level: "data" })).isHealthy ? "healthy" : "DAMAGED"}`);
  });
}

/** Deletes what it may, overwrites and hides the rest; gives the number of versions that are gone. */
async function attack(account: AwsAccount, Bucket: string): Promise<number> {
  const s3 = account.s3(region);
  let gone = 0;
  for (const { Key, VersionId } of (await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? []) {
    try {
      await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      gone++;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "AccessDenied") throw error;
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: "pay, or else" }));
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    }
  }
  return gone;
}

await runExample(import.meta.url, immutableRepository);
