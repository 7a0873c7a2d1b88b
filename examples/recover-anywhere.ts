/** The machine that made the backups is gone: the bucket and a key on paper are enough, in another region too: `npx tsx examples/recover-anywhere.ts` */
import { AwsAccount, Policy, Repository, Restore, s3Storage, type RestorePoint } from "holdfast";
import { runExample, type Print } from "./support/run-example.js";
import { holds, inWorld, makeBucket, makeVolume, noise, region, type DiskData, type World } from "./support/world.js";

export async function recoverAnywhere(print: Print): Promise<void> {
  await inWorld(async (world) => {
    const data = noise(10);
    const recoveryKey = await firstDay(world, data);

    // elsewhere, later, by somebody who has the bucket and the paper, and nothing else of what was
    const account = new AwsAccount(world.cloud.connection({ region: "eu-north-1" }));
    const storage = s3Storage({ account, bucket: "backups", prefix: "gold", region });
    const repository = await Repository.open({ storage, encryption: { recoveryKey } });
    print(`opened as ${repository.keys.role}`);

    let newest: RestorePoint | undefined;
    for await (const point of repository.restorePoints()) if (newest === undefined || point.createdAt > newest.createdAt) newest = point;
    if (newest === undefined) throw new Error("The repository holds no restore point.");
    const restore = new Restore({ repository, account });
    const plan = await restore.planVolume(newest, { availabilityZone: "eu-north-1a" });
    print(`a restore needs: ${plan.actions.join(", ")}`);
    const { volumeId } = await restore.volume(newest, { availabilityZone: "eu-north-1a" });
    print(`restored in eu-north-1: ${(await holds(world, volumeId, data)) ? "every byte" : "NOT ALL"}`);

    // a new machine takes over with a passphrase of its own; what the lost one knew opens nothing any more
    const ours = await repository.keys.add({ passphrase: "of the new machine" }, { label: "new machine" });
    for await (const slot of repository.keys.list()) if (slot.kind === "passphrase" && slot.id !== ours.id) await repository.keys.remove(slot.id);
    for await (const { kind, role, label = "" } of repository.keys.list()) print(`key slot: ${kind ?? "damaged"}, ${role ?? "unknown"}, ${label}`);
    await account.close();
  });
}

/** What is done once, while all is well. Gives what is printed and put into a safe. */
async function firstDay(world: World, data: DiskData): Promise<string> {
  const { account } = world;
  const storage = s3Storage({ account, bucket: await makeBucket(account, "backups"), prefix: "gold" });
  const repository = await Repository.create({ storage, encryption: { passphrase: "known to one machine alone" } });
  const { recoveryKey } = await repository.keys.addRecoveryKey({ label: "in the safe" });
  await new Policy({ name: "gold", account, include: [{ volume: await makeVolume(world, data) }], backup: { repository } }).run();
  return recoveryKey;
}

await runExample(import.meta.url, recoverAnywhere);
