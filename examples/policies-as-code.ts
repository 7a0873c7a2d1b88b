/** Policies in JSON, checked, compared and tried dry before anything happens: `npx tsx examples/policies-as-code.ts` */
import { ConfigurationError, Policy, type PolicyDocument, type PolicyReferences } from "holdfast";
import { FakeClock } from "holdfast/testing";
import { runExample, type Print } from "./support/run-example.js";
import { inWorld, makeRepository, noise, region } from "./support/world.js";

/** As it would lie in a file under version control; `policyJsonSchema` lets an editor check it. */
const gold: PolicyDocument = {
  version: 1,
  name: "gold",
  account: "production",
  include: [{ tag: { backup: "gold" } }],
  schedule: { daily: { hours: [2] }, weekly: { on: ["sunday"] }, timeZone: "Europe/Oslo" },
  backup: { repository: "main", retention: { daily: 7, weekly: 4 } },
};

export async function policiesAsCode(print: Print): Promise<void> {
  await inWorld(async ({ account, cloud }) => {
    const volume = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a`, tags: { backup: "gold" } });
    for (const [index, block] of noise(5)) await cloud.volumes.write(volume, index * block.length, block);
    // nights that pass at once
    const clock = new FakeClock({ startAt: new Date("2026-10-24T00:30:00Z"), jumpsToSleepers: true });
    // what the names in the documents stand for; secrets are nowhere in them
    const references: PolicyReferences = { accounts: { production: account }, repositories: { main: await makeRepository(account, clock) } };

    try {
      Policy.fromJSON({ ...gold, schedule: { daily: { hours: [25] } } }, references);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      print(`refused: ${error.message}`);
    }

    const policy = Policy.fromJSON(gold, references, { clock });
    for (const { at, tiers } of policy.next(3)) print(`next run: ${at.toISOString()} ${tiers.join(", ")}`);
    const plan = await policy.plan();
    print(`a run would back up: ${plan.resources.map(({ volumes }) => `${String(volumes.length)} volume`).join(", ")}`);
    for (let night = 0; night < 3; night++) {
      await policy.run();
      await clock.advance(24 * 60 * 60 * 1000);
    }

    const shorter = Policy.fromJSON({ ...gold, backup: { repository: "main", retention: { daily: 1 } } }, references, { clock });
    const diff = await policy.diff(shorter);
    for (const { path, from, to } of diff.changes) print(`changed: ${path}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`);
    print(`would be removed by the change: ${String(diff.removes[0]?.points.length ?? 0)} points`);
  });
}

await runExample(import.meta.url, policiesAsCode);
