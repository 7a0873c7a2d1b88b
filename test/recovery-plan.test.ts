import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import { RecoveryPlan, recoveryPlanJsonSchema, Restore, type RecoveryPlanDocument, type RecoveryRecord } from "holdfast";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recover } from "../examples/recovery-plan/recover.js";
import { FaultyAccount } from "./support/faulty-account.js";
import { away, home, homeAccount, leftovers, openInstanceWorld, otherAccount, type InstanceWorld } from "./support/instance-world.js";

let world: InstanceWorld;
let example: RecoveryPlanDocument;
beforeAll(async () => {
  world = await openInstanceWorld({ isPlain: true });
  example = JSON.parse(await readFile(new URL("../examples/recovery-plan/plan.json", import.meta.url), "utf8")) as RecoveryPlanDocument;
}, 120_000);
afterAll(async () => {
  await world.close();
});

/** The example's plan with the ids of this cloud. */
async function documentHere(): Promise<RecoveryPlanDocument> {
  const account = world.client({ region: away, accountId: otherAccount });
  const { Subnets = [] } = await account.ec2(away).send(new DescribeSubnetsCommand({}));
  const { SecurityGroups = [] } = await account.ec2(away).send(new DescribeSecurityGroupsCommand({}));
  const [original] = world.account.instanceCompute(home).readCaptured(world.point.instance ?? {}).interfaces;
  const ids: Readonly<Record<string, string>> = {
    "subnet-of-the-shop": original?.subnetId ?? "",
    "subnet-of-the-refuge": Subnets[0]?.SubnetId ?? "",
    "sg-of-the-shop": original?.securityGroupIds[0] ?? "",
    "sg-of-the-refuge": SecurityGroups[0]?.GroupId ?? "",
    "i-database": world.instanceId,
    "i-web": world.instanceId,
  };
  const text = Object.entries(ids).reduce((json, [name, id]) => json.replaceAll(name, id), JSON.stringify(example));
  return JSON.parse(text) as RecoveryPlanDocument;
}

function planOf(document: unknown): RecoveryPlan {
  return new RecoveryPlan(document as RecoveryPlanDocument, { restore: new Restore({ repository: world.repository, account: world.account }), repository: world.repository, account: world.account, checks: { answers: () => true } });
}

describe("a recovery plan", () => {
  const resource = `${homeAccount}/eu-west-1/i-0abc`;
  it.each([
    [{ steps: [] }, "steps: must have at least one step."],
    [{ steps: [{ name: "a", resource }, { name: "a", resource }] }, 'steps[1].name: must be another: "a" is there already.'],
    [{ steps: [{ name: "a", resource, after: ["b"] }] }, 'steps[0].after[0]: there is no step "b"; the steps are a.'],
    [{ steps: [{ name: "a", resource }, { name: "b", resource, after: ["c"] }, { name: "c", resource, after: ["b"] }] }, "steps[1].after: goes round in a circle: b, c wait for one another."],
    [{ steps: [{ name: "a", resource, wait: [{ check: "pings" }] }] }, 'steps[0].wait[0].check: there is no check "pings"; there is answers.'],
    [{ steps: [{ name: "a", resource: "i-0abc" }] }, "steps[0].resource: must be <account>/<region>/<instance>"],
    [{ step: [] }, "step: is no option of a recovery plan"],
  ])("that is wrong is refused by the path: %j", (part, message) => {
    expect(() => planOf({ version: 1, name: "shop", steps: [{ name: "a", resource }], ...part })).toThrow(message);
  });

  it("has a JSON schema, the one in docs", async () => {
    expect(JSON.parse(await readFile(new URL("../docs/recovery-plan.schema.json", import.meta.url), "utf8"))).toEqual(recoveryPlanJsonSchema());
  });

  it("restores in its order, in the target's terms, and goes on by its record after a death", async () => {
    const account = world.client({ region: away, accountId: otherAccount });
    const document = await documentHere();
    const lines: string[] = [];
    const order: string[] = [];
    const recordPath = join(world.cloud.directory, "..", "record.json");
    const answers = ({ step }: { readonly step: string }): boolean => order.push(step) > 1;
    const dying = new FaultyAccount(account, 12, "death after");
    const plan = new RecoveryPlan(document, { restore: new Restore({ repository: world.repository, account: dying }), repository: world.repository, account: dying, checks: { answers } });
    world.cloud.calls.clear();
    const dryRun = await plan.plan({ region: away });
    expect(JSON.parse(JSON.stringify(dryRun))).toEqual(dryRun);
    expect(dryRun).toMatchObject({ isPossible: true, steps: [{ name: "database", restore: { instance: { instanceType: "t3.medium" } } }, { name: "web", after: ["database"], restore: { instance: { tags: { Name: "web of the refuge" } } } }] });
    expect(dying.calls).toEqual([]);
    let record: RecoveryRecord | undefined;
    await expect(plan.run({ region: away, onRecord: (changed) => void (record = changed) })).rejects.toMatchObject({ code: "RecoveryIncomplete" });
    expect(record?.steps.map(({ state }) => state)).toEqual(["failed", "skipped"]);
    const { writeFile } = await import("node:fs/promises");
    await writeFile(recordPath, JSON.stringify(record));
    const done = await recover({ document, repository: world.repository, account, region: away, recordPath, answers: ({ step }) => order.push(step) > 0, print: (line) => lines.push(line) });
    expect(done.steps.map(({ state }) => state)).toEqual(["ready", "ready"]);
    expect(JSON.parse(await readFile(recordPath, "utf8"))).toEqual(done);
    expect(order).toEqual(["web"]);
    expect(lines.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["recovery:started", "step:started database", "step:restored database", "step:ready database", "step:started web", "step:restored web", "step:ready web", "recovery:ended"]);
    const names = [];
    for (const { instanceId } of done.steps) names.push((await account.instanceCompute(away).find(instanceId ?? ""))?.tags["Name"]);
    expect(names).toEqual(["web", "web of the refuge"]);
    expect(await leftovers(account, away)).toEqual([]);
    // all is done: once more changes nothing
    expect(await recover({ document, repository: world.repository, account, region: away, recordPath, print: () => undefined })).toEqual(done);
  });
});
