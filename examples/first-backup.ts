/** A volume is backed up, changed, backed up again, and restored as it was at first: `npx tsx examples/first-backup.ts` */
import { Policy, Restore } from "holdfast";
import { runExample, type Print } from "./support/run-example.js";
import { holds, inWorld, makeRepository, makeVolume, noise, region, writeBlock } from "./support/world.js";

export async function firstBackup(print: Print): Promise<void> {
  await inWorld(async (world) => {
    const { account } = world;
    const data = noise(40);
    const volume = await makeVolume(world, data);
    const repository = await makeRepository(account);
    const policy = new Policy({ name: "first", account, include: [{ volume }], backup: { repository } });

    const first = (await policy.run()).resources[0];
    print(`first run: ${describe(first?.volumes[0])}`);
    await writeBlock(world, volume, 3);
    const session = policy.run();
    for await (const event of session) if (event.type === "point:committed") print(`${event.type} ${event.resource}`);
    print(`second run: ${describe((await session).resources[0]?.volumes[0])}`);

    const restored = await new Restore({ repository, account }).volume(first?.point ?? "", { availabilityZone: `${region}b` });
    print(`${restored.volumeId} is the volume as it was at first: ${(await holds(world, restored.volumeId, data)) ? "yes" : "no"}`);
  });
}

function describe(volume: { readonly method: string; readonly blocks: { readonly stored: number } } | undefined): string {
  return `${volume?.method ?? "nothing"}, ${String(volume?.blocks.stored ?? 0)} blocks stored`;
}

await runExample(import.meta.url, firstBackup);
