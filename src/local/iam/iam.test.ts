import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as client from "@aws-sdk/client-iam";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalClock } from "../local-clock.js";
import type { Operation, RequestContext } from "../service.js";
import { createIamService } from "./create-iam-service.js";
import { IamStore } from "./iam-store.js";
import { parsePolicyDocument } from "./policy-document.js";
import { judgeTrust } from "./trust-policy.js";

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:*", Resource: "*" } });
let directory: string;
let store: IamStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "iam-"));
  store = await IamStore.open(directory);
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function call<Output>(name: string, input: object, accountId = "111122223333"): Promise<Output> {
  const context: RequestContext = {
    accountId,
    region: "us-east-1",
    principalArn: `arn:aws:iam::${accountId}:user/administrator`,
    requestId: "1",
    clock: new LocalClock(),
    headers: {},
    signal: new AbortController().signal,
  };
  const run = createIamService({ store }).operations[name] as Operation<object, Output>;
  return await run(input, context);
}

const createRole = (RoleName: string): Promise<client.CreateRoleResponse> => call("CreateRole", { RoleName, AssumeRolePolicyDocument: TRUST });

describe("roles", () => {
  it("are found whatever the case, kept over a restart, and an account's own", async () => {
    const { Role } = await createRole("Backup");
    expect(Role).toMatchObject({ Arn: "arn:aws:iam::111122223333:role/Backup", RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/) as unknown });
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toBe(TRUST);
    await expect(createRole("backup")).rejects.toMatchObject({ code: "EntityAlreadyExists", status: 409 });
    await writeFile(join(directory, "111122223333.json.new"), "half");
    store = await IamStore.open(directory);
    expect(await readdir(directory)).toEqual(["111122223333.json"]);
    expect(await call("GetRole", { RoleName: "BACKUP" })).toMatchObject({ Role: { RoleName: "Backup" } });
    await expect(call("GetRole", { RoleName: "Backup" }, "999988887777")).rejects.toMatchObject({ code: "NoSuchEntity", status: 404 });
  });

  it("can be called like a member of every object", async () => {
    await createRole("__proto__");
    expect(await call("GetRole", { RoleName: "__proto__" })).toMatchObject({ Role: { RoleName: "__proto__" } });
    await expect(call("GetRole", { RoleName: "constructor" })).rejects.toMatchObject({ code: "NoSuchEntity" });
  });

  it("are not deleted while something hangs on them", async () => {
    await createRole("r");
    await call("PutRolePolicy", { RoleName: "r", PolicyName: "p", PolicyDocument: POLICY });
    await expect(call("DeleteRole", { RoleName: "r" })).rejects.toMatchObject({ code: "DeleteConflict", status: 409 });
    await call("DeleteRolePolicy", { RoleName: "r", PolicyName: "p" });
    await call("AttachRolePolicy", { RoleName: "r", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    await expect(call("DeleteRole", { RoleName: "r" })).rejects.toMatchObject({ code: "DeleteConflict" });
    await call("DetachRolePolicy", { RoleName: "r", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    await call("CreateInstanceProfile", { InstanceProfileName: "ip" });
    await call("AddRoleToInstanceProfile", { InstanceProfileName: "ip", RoleName: "r" });
    await expect(call("DeleteRole", { RoleName: "r" })).rejects.toMatchObject({ code: "DeleteConflict" });
    await expect(call("DeleteInstanceProfile", { InstanceProfileName: "ip" })).rejects.toMatchObject({ code: "DeleteConflict" });
    await call("RemoveRoleFromInstanceProfile", { InstanceProfileName: "ip", RoleName: "r" });
    await call("DeleteInstanceProfile", { InstanceProfileName: "ip" });
    await call("DeleteRole", { RoleName: "r" });
    await expect(call("GetRole", { RoleName: "r" })).rejects.toMatchObject({ code: "NoSuchEntity" });
  });

  it("are listed in pages that go on where the last one ended", async () => {
    for (const name of ["c", "a", "b"]) await createRole(name);
    const first = await call<client.ListRolesResponse>("ListRoles", { MaxItems: 2 });
    expect([first.Roles?.map((role) => role.RoleName), first.IsTruncated]).toEqual([["a", "b"], true]);
    const second = await call<client.ListRolesResponse>("ListRoles", { MaxItems: 2, Marker: first.Marker });
    expect([second.Roles?.map((role) => role.RoleName), second.IsTruncated, second.Marker]).toEqual([["c"], false, undefined]);
    await expect(call("ListRoles", { MaxItems: 0 })).rejects.toMatchObject({ code: "ValidationError" });
  });

  it("carry tags", async () => {
    await createRole("r");
    await call("TagRole", { RoleName: "r", Tags: [{ Key: "a", Value: "1" }, { Key: "__proto__", Value: "2" }] });
    await call("UntagRole", { RoleName: "r", TagKeys: ["a"] });
    expect(await call("GetRole", { RoleName: "r" })).toMatchObject({ Role: { Tags: [{ Key: "__proto__", Value: "2" }] } });
  });
});

describe("instance profiles", () => {
  it("hold one role, and are found by it", async () => {
    await createRole("r");
    await createRole("s");
    await call("CreateInstanceProfile", { InstanceProfileName: "ip", Path: "/backup/" });
    await call("AddRoleToInstanceProfile", { InstanceProfileName: "ip", RoleName: "r" });
    await expect(call("AddRoleToInstanceProfile", { InstanceProfileName: "ip", RoleName: "s" })).rejects.toMatchObject({ code: "LimitExceeded", status: 409 });
    expect(await call("ListInstanceProfilesForRole", { RoleName: "r" })).toMatchObject({
      InstanceProfiles: [{ Arn: "arn:aws:iam::111122223333:instance-profile/backup/ip", Roles: [{ RoleName: "r" }] }],
    });
    expect(await call("ListInstanceProfiles", { PathPrefix: "/other/" })).toMatchObject({ InstanceProfiles: [] });
    await expect(call("RemoveRoleFromInstanceProfile", { InstanceProfileName: "ip", RoleName: "s" })).rejects.toMatchObject({ code: "NoSuchEntity" });
  });
});

describe("a policy document", () => {
  it.each([
    ["is no JSON", "{", "trust"],
    ["has no statement", "{}", "trust"],
    ["has another version", '{"Version":"1","Statement":[{}]}', "trust"],
    ["names no principal", '{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}', "trust"],
    ["names a resource where it must not", '{"Statement":[{"Effect":"Allow","Action":"a:b","Principal":"*","Resource":"*"}]}', "trust"],
    ["has an effect that is none", '{"Statement":[{"Effect":"Maybe","Action":"a:b","Resource":"*"}]}', "identity"],
    ["names no resource", '{"Statement":[{"Effect":"Allow","Action":"a:b"}]}', "identity"],
  ] as const)("that %s is malformed", (_name, text, kind) => {
    expect(() => parsePolicyDocument(text, kind)).toThrow(expect.objectContaining({ code: "MalformedPolicyDocument", status: 400 }) as Error);
  });
});

describe("trust", () => {
  const caller = { accountId: "111122223333", arn: "arn:aws:sts::111122223333:assumed-role/a/s", roleArn: "arn:aws:iam::111122223333:role/a" };
  const keys = new Map([["sts:externalid", "x"], ["sts:rolesessionname", "s"], ["aws:principalarn", caller.roleArn], ["aws:principalaccount", caller.accountId]]);
  const read = (key: string) => (keys.has(key) ? [keys.get(key) ?? ""] : undefined);
  const policy = (...statements: object[]): string => JSON.stringify({ Statement: statements.map((statement) => ({ Effect: "Allow", Action: "sts:AssumeRole", Principal: "*", ...statement })) });

  it.each([
    ["everybody", policy({}), true],
    ["the account", policy({ Principal: { AWS: "111122223333" } }), true],
    ["the account's root", policy({ Principal: { AWS: ["arn:aws:iam::111122223333:root"] } }), true],
    ["the role of the session", policy({ Principal: { AWS: caller.roleArn } }), true],
    ["another account", policy({ Principal: { AWS: "999988887777" } }), false],
    ["a service only", policy({ Principal: { Service: "ec2.amazonaws.com" } }), false],
    ["for another action", policy({ Action: "sts:TagSession" }), false],
    ["with the right external id", policy({ Condition: { StringEquals: { "sts:ExternalId": ["y", "x"] } } }), true],
    ["with another external id", policy({ Condition: { StringEquals: { "sts:ExternalId": "y" } } }), false],
    ["under a condition that is not known", policy({ Condition: { StringEquals: { "aws:Colour": "red" } } }), false],
    ["but denies the caller", policy({}, { Effect: "Deny", Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/a" } } }), false],
    ["and denies others", policy({}, { Effect: "Deny", Condition: { StringNotEquals: { "aws:PrincipalAccount": "111122223333" } } }), true],
  ])("in %s is judged", (_name, text, expected) => {
    expect(judgeTrust(text, "arn:aws:iam::111122223333:role/r", caller, read).verdict === "allow").toBe(expected);
  });
});
