import { describe, expect, it } from "vitest";
import type { IamPoliciesOptions } from "./iam-options.js";
import { iamPolicies } from "./iam-policies.js";

const [backup, production, repository] = ["111111111111", "222222222222", "333333333333"] as const;
const options: IamPoliciesOptions = {
  applianceId: "backup-1",
  accounts: { backup, production: [production], repository },
  principal: "arn:aws:iam::999999999999:role/product",
  configurationBucket: "configuration",
  repositories: [{ bucket: "backups", prefix: "gold", immutable: true }, { bucket: "archive", archive: true }],
  regions: ["eu-west-1"],
  externalId: "an-external-id",
};
/** IAM quotas: an inline policy of a role may have 10,240 characters, all of them together. */
const maxPolicyCharacters = 10_240;

describe("the roles", () => {
  it("are as many as three accounts need, each where it belongs", () => {
    const { roles } = iamPolicies(options);
    expect(roles.map(({ kind, account }) => `${kind} ${account}`)).toEqual([
      `impersonation ${backup}`, `engine ${backup}`, `backup ${production}`, `restore ${production}`, `repository ${repository}`, `worker ${backup}`,
    ]);
    for (const role of roles) expect(JSON.stringify(role.policy).length, role.name).toBeLessThan(maxPolicyCharacters);
  });

  it("let the impersonation role assume the others, and do nothing else", () => {
    const { roles } = iamPolicies(options);
    const [impersonation, ...others] = roles;
    expect(impersonation?.policy.Statement).toEqual([{ Sid: "AssumeRoles", Effect: "Allow", Action: ["sts:AssumeRole"], Resource: others.filter(({ kind }) => kind !== "worker").map(({ arn }) => arn) }]);
    expect(impersonation?.trust.Statement[0]?.Principal).toEqual({ AWS: [options.principal] });
  });

  it("are trusted by engine and worker in other accounts with the external id, and by EC2 for the worker", () => {
    const { roles } = iamPolicies(options);
    const trust = Object.fromEntries(roles.map(({ kind, trust: { Statement } }) => [kind, Statement[0]]));
    expect(trust["backup"]).toMatchObject({ Principal: { AWS: [`arn:aws:iam::${backup}:role/holdfast-impersonation`, `arn:aws:iam::${backup}:role/holdfast-worker`] }, Condition: { StringEquals: { "sts:ExternalId": "an-external-id" } } });
    expect(trust["worker"]).toMatchObject({ Principal: { Service: "ec2.amazonaws.com" } });
    expect(trust["engine"]?.Condition).toBeUndefined();
  });

  it("send a worker into the other accounts by their roles, and give it what it needs at home", () => {
    const actionsOf = (given: IamPoliciesOptions): string[] => iamPolicies(given).roles.find(({ kind }) => kind === "worker")?.policy.Statement.flatMap(({ Action }) => Action) ?? [];
    expect(actionsOf(options)).toEqual(["s3:ListBucket", "s3:GetObject", "s3:PutObject", "sts:AssumeRole"]);
    const atHome = actionsOf({ ...options, accounts: { backup } });
    expect(atHome).toEqual(expect.arrayContaining(["ebs:GetSnapshotBlock", "ebs:PutSnapshotBlock", "s3:PutObjectRetention"]));
    expect(atHome).not.toContain("sts:AssumeRole");
  });

  it("name resources wherever AWS lets them be named: only lists are for everything", () => {
    for (const { name, policy } of iamPolicies(options).roles) {
      for (const { Action, Resource, Condition } of policy.Statement) {
        if (!Resource.includes("*")) continue;
        expect(Action.filter((action) => !/^ec2:Describe/.test(action)), name).toEqual([]);
        expect(Condition).toEqual({ StringEquals: { "aws:RequestedRegion": ["eu-west-1"] } });
      }
    }
  });

  it("give no permission twice to one role, and each statement a name of its own", () => {
    for (const { name, policy } of iamPolicies(options).roles) {
      const sids = policy.Statement.map(({ Sid }) => Sid);
      expect(new Set(sids).size, name).toBe(sids.length);
    }
  });

  it("ask for keys, thawing and spot only where they are used", () => {
    const plain = JSON.stringify(iamPolicies({ ...options, repositories: [{ bucket: "backups" }] }).roles);
    for (const word of ["kms:", "RestoreObject", "Retention", "ServiceLinkedRole"]) expect(plain).not.toContain(word);
    const key = `arn:aws:kms:eu-west-1:${production}:key/1234`;
    const full = JSON.stringify(iamPolicies({ ...options, volumeKmsKeyArns: [key], spot: true }).roles);
    for (const word of ["kms:Decrypt", "kms:CreateGrant", "RestoreObject", "PutObjectRetention", "CreateServiceLinkedRole"]) expect(full).toContain(word);
  });

  it("come as a template for each account", () => {
    const { cloudFormation } = iamPolicies(options);
    expect(Object.keys(cloudFormation(backup).Resources)).toEqual(["ImpersonationRole", "EngineRole", "WorkerRole", "WorkerInstanceProfile"]);
    expect(Object.keys(cloudFormation(production).Resources)).toEqual(["BackupRole", "RestoreRole"]);
    expect(cloudFormation(repository).Resources["RepositoryRole"]).toMatchObject({ Type: "AWS::IAM::Role", Properties: { RoleName: "holdfast-repository" } });
    expect(() => cloudFormation("444444444444")).toThrow(/none of the roles belongs in 444444444444/);
  });

  it("refuse wrong options by their path", () => {
    expect(() => iamPolicies({ ...options, accounts: { backup: "1" } })).toThrow(/^accounts\.backup: must be an account's twelve digits/);
    expect(() => iamPolicies({ ...options, repositories: [] })).toThrow(/^repositories: must name at least one/);
  });
});
