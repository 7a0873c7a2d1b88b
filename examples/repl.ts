/** A REPL with an engine on a local cloud: `npm run repl` */
import { start } from "node:repl";
import * as holdfast from "holdfast";
import { inWorld, makeRepository, makeVolume, noise } from "./support/world.js";

await inWorld(async (world) => {
  const { account, cloud } = world;
  const volume = await makeVolume(world, noise(20));
  const repository = await makeRepository(account);
  const policy = new holdfast.Policy({ name: "gold", account, include: [{ volume }], backup: { repository } });
  const restore = new holdfast.Restore({ repository, account });
  process.stdout.write(`A local cloud with a volume, and an engine on it. All of it is gone when you leave.

  cloud, account, volume, repository, policy, restore, and everything of "holdfast"

  const result = await policy.run()
  for await (const point of repository.restorePoints()) console.log(point)
  await restore.volume(result.resources[0].point, { availabilityZone: "eu-west-1a" })

`);
  // one world of values: a date made here is a date to the engine
  const repl = start({ prompt: "holdfast> ", useGlobal: true });
  Object.assign(repl.context, holdfast, { cloud, account, volume, repository, policy, restore });
  await new Promise((resolve) => repl.once("exit", resolve));
});
