import { CreateInstanceProfileCommand, CreatePolicyCommand, CreateRoleCommand, GetInstanceProfileCommand, GetRoleCommand, GetRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LocalCloud } from "../../../local/index.js";
import type { FoundWorkerRole, WorkerRoleRequest } from "../../../ports/index.js";
import { AwsAccount } from "../aws-account.js";

const region = "eu-west-1";
const path = "/holdfast/test-1/";
const mine = { "holdfast:appliance": "test-1" };
const trust = (principal: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }] });
const policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::backups/*"] }] });

let cloud: LocalCloud;
let account: AwsAccount;
beforeAll(async () => {
  cloud = await LocalCloud.start({ durable: false });
  account = new AwsAccount({ ...cloud.connection({ region }), limits: { baseDelayMs: 1, maxDelayMs: 20 } });
});
afterAll(async () => {
  await account.close();
  await cloud.close();
});

const request = (name: string, given: Partial<WorkerRoleRequest> = {}): WorkerRoleRequest => ({ name, path, policy, tags: { ...mine, "holdfast:worker": name }, ...given });

async function found(of = account): Promise<FoundWorkerRole[]> {
  const all: FoundWorkerRole[] = [];
  for await (const one of of.workerRoles().byTags(path, mine)) all.push(one);
  return all;
}

it("makes a role that EC2 alone may assume, with its policy, boundary and profile, and makes it whole where an answer was lost", async () => {
  const iam = account.iam(region);
  const { Policy: boundary } = await iam.send(new CreatePolicyCommand({ PolicyName: "bounds", PolicyDocument: policy }));
  for (const operation of ["CreateRole", "CreateInstanceProfile", "AddRoleToInstanceProfile"]) cloud.faults.inject({ kind: "lost-response", service: "iam", operation, times: 1 });
  await account.workerRoles().make(request("one", { permissionsBoundaryArn: boundary?.Arn }));
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: "one" }));
  expect(Role).toMatchObject({ Path: path, PermissionsBoundary: { PermissionsBoundaryArn: boundary?.Arn } });
  expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toBe(trust({ Service: "ec2.amazonaws.com" }));
  expect(decodeURIComponent((await iam.send(new GetRolePolicyCommand({ RoleName: "one", PolicyName: "one" }))).PolicyDocument ?? "")).toBe(policy);
  expect((await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: "one" }))).InstanceProfile).toMatchObject({ Path: path, Roles: [{ RoleName: "one" }] });
  await account.workerRoles().remove({ name: "one", path });
});

it("finds what carries the tags, page by page, and removes it once and twice, and what is there of it by half", async () => {
  const roles = account.workerRoles();
  const iam = account.iam(region);
  await roles.make(request("two"));
  await roles.make(request("other", { tags: { "holdfast:appliance": "test-2", "holdfast:worker": "other" } }));
  await roles.make(request("elsewhere", { path: "/" }));
  await iam.send(new CreateRoleCommand({ RoleName: "untagged", Path: path, AssumeRolePolicyDocument: trust({ Service: "ec2.amazonaws.com" }) }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "half", Path: path, Tags: [{ Key: "holdfast:appliance", Value: "test-1" }] }));
  expect((await found()).map(({ kind, name }) => `${kind} ${name}`)).toEqual(["instance-profile half", "instance-profile two", "role two"]);
  for (const name of ["two", "two", "half", "never-there"]) await roles.remove({ name, path });
  expect(await found()).toEqual([]);
  for (const name of ["other", "elsewhere", "untagged"]) await iam.send(new GetRoleCommand({ RoleName: name }));
});

it("does not take a denial for an absence, nor an absence for a denial, where it may touch nothing but its path", async () => {
  const iam = account.iam(region);
  const accountId = await account.accountId();
  await iam.send(new CreateRoleCommand({ RoleName: "engine", AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${accountId}:root` }) }));
  const allow = async (actions: readonly string[]): Promise<void> => {
    const statements = [{ Effect: "Allow", Action: actions, Resource: [`arn:aws:iam::${accountId}:role${path}*`, `arn:aws:iam::${accountId}:instance-profile${path}*`] }, { Effect: "Allow", Action: ["iam:ListRoles", "iam:ListInstanceProfiles"], Resource: "*" }];
    await iam.send(new PutRolePolicyCommand({ RoleName: "engine", PolicyName: "engine", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: statements }) }));
  };
  await allow(["iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"]);
  const engine = account.assume({ roleArn: `arn:aws:iam::${accountId}:role/engine` });
  await account.workerRoles().make(request("three"));
  await expect(engine.workerRoles().remove({ name: "three", path })).rejects.toMatchObject({ code: "AccessDenied", message: expect.stringContaining("iam:DeleteRolePolicy") as unknown });
  await allow(["iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile", "iam:DeleteRolePolicy", "iam:DeleteRole"]);
  await engine.workerRoles().remove({ name: "three", path });
  await engine.workerRoles().remove({ name: "three", path });
  expect(await found()).toEqual([]);
});
