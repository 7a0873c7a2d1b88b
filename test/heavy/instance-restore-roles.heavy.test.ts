import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { iamPolicies, Restore, type AwsAccount } from "holdfast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { home, homeAccount, leftovers, openInstanceWorld, type InstanceWorld } from "../support/instance-world.js";

const blockBytes = 524_288;
let world: InstanceWorld;
beforeAll(async () => {
  world = await openInstanceWorld({ image: "licensed", isPlain: true });
}, 120_000);
afterAll(async () => {
  await world.close();
});

/** The restore role of `iamPolicies()`, in the cloud. */
async function roleOf(restoredInstances: object | undefined, namePrefix: string): Promise<AwsAccount> {
  const { roles } = iamPolicies({ applianceId: "one", accounts: { backup: homeAccount }, principal: `arn:aws:iam::${homeAccount}:root`, configurationBucket: "configuration", repositories: [{ bucket: "backups" }], namePrefix, ...(restoredInstances !== undefined && { restoredInstances }) });
  const role = roles.find(({ kind }) => kind === "restore");
  if (role === undefined) throw new Error("no restore role");
  const iam = world.account.iam(home);
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: homeAccount }, Action: "sts:AssumeRole" }] };
  await iam.send(new CreateRoleCommand({ RoleName: role.name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  // to ask what it may do is the plan's alone
  const asking = { Sid: "Ask", Effect: "Allow", Action: ["iam:SimulatePrincipalPolicy"], Resource: ["*"] };
  await iam.send(new PutRolePolicyCommand({ RoleName: role.name, PolicyName: role.name, PolicyDocument: JSON.stringify({ ...role.policy, Statement: [...role.policy.Statement, asking] }) }));
  return world.account.assume({ roleArn: role.arn });
}

describe("the restore role", () => {
  it("suffices for instances where that was asked for: in place, by a swap with licences kept, and undone", async () => {
    const account = await roleOf({}, "instances");
    const restore = new Restore({ repository: world.repository, account });
    const plan = await restore.planInstance(world.point, { to: { name: "copy" } });
    expect(plan).toMatchObject({ instance: { way: "swap" }, findings: [] });
    const copy = await restore.instance(world.point, { to: { name: "copy", userData: "#!/bin/sh\nexit 0\n" } });
    expect((await world.account.compute(home).instance(copy.instanceId)).attributes).toMatchObject({ UsageOperation: "RunInstances:0002", UserData: Buffer.from("#!/bin/sh\nexit 0\n").toString("base64") });
    for (const { deviceName, volumeId } of copy.volumes) expect((await world.cloud.volumes.read(volumeId, { offset: 3 * blockBytes, length: blockBytes })).equals(world.content.get(deviceName) ?? Buffer.alloc(0)), deviceName).toBe(true);
    await restore.instance(world.point, { to: "original" });
    expect((await restore.instance(world.point, { to: { way: "image" } })).warnings).toMatchObject([{ code: "LicenceLost", path: "to.way" }]);
    const allow = world.cloud.deny({ action: "ec2:StartInstances" });
    const failed = restore.instance(world.point, { to: "original", id: "notstarted", replaced: "remove" });
    await expect(failed).rejects.toMatchObject({ code: "AccessDenied" });
    allow();
    const { left, putBack } = await restore.undoInstance("notstarted", { region: home });
    expect({ left, putBack }).toEqual({ left: [], putBack: world.instanceId });
    expect((await world.account.instanceCompute(home).find(world.instanceId))?.state).toBe("running");
    expect(await leftovers(world.account, home)).toEqual([]);
  });

  it("may restore volumes alone by default, and the plan says what it lacks", async () => {
    const account = await roleOf(undefined, "volumes");
    // what is only looked at is not what this is about
    const looking = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["ec2:Describe*", "iam:GetInstanceProfile"], Resource: "*" }] };
    await world.account.iam(home).send(new PutRolePolicyCommand({ RoleName: "volumes-restore", PolicyName: "look", PolicyDocument: JSON.stringify(looking) }));
    const { findings } = await new Restore({ repository: world.repository, account }).planInstance(world.point, { to: "original" });
    expect(findings.map(({ code, message }) => `${code} ${message.split(" ").at(-1) ?? ""}`)).toEqual(expect.arrayContaining(["PermissionMissing ec2:StopInstances.", "PermissionMissing ec2:AttachVolume."]));
    expect(findings.every(({ severity }) => severity === "warning")).toBe(true);
  });
});
