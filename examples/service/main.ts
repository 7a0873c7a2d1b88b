/** The service over a local cloud, with one policy to run: `npx tsx examples/service/main.ts`, then `curl -X POST <url>/policies/gold/runs` */
import { Policy } from "holdfast";
import { runExample, type Print } from "../support/run-example.js";
import { inWorld, makeRepository, makeVolume, noise } from "../support/world.js";
import { BackupService } from "./backup-service.js";

export async function service(print: Print, ask: (url: string) => Promise<void>): Promise<void> {
  await inWorld(async (world) => {
    const { account } = world;
    const policy = new Policy({ name: "gold", account, include: [{ volume: await makeVolume(world, noise(60)) }], backup: { repository: await makeRepository(account) } });
    const running = await BackupService.start([policy]);
    print(`${running.url} — Ctrl-C ends it`);
    try {
      await ask(running.url);
    } finally {
      await running.close();
    }
  });
}

await runExample(import.meta.url, (print) => service(print, () => new Promise((resolve) => process.once("SIGINT", resolve))));
