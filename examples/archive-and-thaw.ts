/** A restore point is copied to an archive, and restored from there alone after a thaw: `npx tsx examples/archive-and-thaw.ts` */
import { randomBytes } from "node:crypto";
import { Policy, Repository, Restore, s3Storage } from "holdfast";
import { runExample, type Print } from "./support/run-example.js";
import { holds, inWorld, makeBucket, makeRepository, makeVolume, noise, region } from "./support/world.js";

export async function archiveAndThaw(print: Print): Promise<void> {
  await inWorld(async (world) => {
    const { account, cloud } = world;
    const data = noise(20);
    const repository = await makeRepository(account);
    const policy = new Policy({ name: "gold", account, include: [{ volume: await makeVolume(world, data) }], backup: { repository } });
    const point = (await policy.run()).resources[0]?.point ?? "";

    const storage = s3Storage({ account, bucket: await makeBucket(account, "archive"), storageClass: "DEEP_ARCHIVE" });
    const archive = await Repository.create({ storage, encryption: { key: randomBytes(32) } });
    const copied = await repository.copy(point, archive);
    const copy = copied.points[0]?.copy ?? "";
    print(`in the archive: ${String(copied.blocks.stored)} blocks`);

    const plan = await archive.planThaw(copy, { days: 3 });
    for (const { tier, hours, cost } of plan.tiers) print(`thaw of ${String(plan.needed.packs)} packs, ${tier}: ${String(hours)} hours, $${cost?.total.toFixed(6) ?? "?"}`);
    const asked = await archive.thaw(copy, { tier: "standard", days: 3, wait: false });
    print(`asked for ${String(asked.requestedPacks)} packs`);
    cloud.clock.advance(13 * 60 * 60 * 1000);

    const restored = await new Restore({ repository: archive, account }).volume(copy, { availabilityZone: `${region}a` });
    print(`restored from the archive: ${(await holds(world, restored.volumeId, data)) ? "every byte" : "NOT ALL"}`);
  });
}

await runExample(import.meta.url, archiveAndThaw);
