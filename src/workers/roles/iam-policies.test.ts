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
    // it moves data: snapshots are taken and removed, and volumes made, by the engine
    for (const action of ["sts:AssumeRole", "ec2:CreateSnapshot", "ec2:DeleteSnapshot", "ec2:CreateVolume", "iam:SimulatePrincipalPolicy"]) expect(atHome).not.toContain(action);
  });

  it("name resources wherever AWS lets them be named: only lists are for everything", () => {
    for (const { name, policy } of iamPolicies(options).roles) {
      for (const { Action, Resource, Condition } of policy.Statement) {
        if (!Resource.includes("*")) continue;
        expect(Action.filter((action) => !/^ec2:Describe|^servicequotas:GetServiceQuota$/.test(action)), name).toEqual([]);
        expect(Condition).toEqual({ StringEquals: { "aws:RequestedRegion": ["eu-west-1"] } });
      }
    }
  });

  it("give each statement of a role a name of its own, and have no more characters than IAM takes, in one account as in four", () => {
    const key = `arn:aws:kms:eu-west-1:${production}:key/11111111-2222-3333-4444-555555555555`;
    const full = { regions: ["eu-west-1", "eu-central-1", "us-east-1"], volumeKmsKeyArns: [key, key.replace("eu-west-1", "us-east-1")], rootVolumeKmsKeyArn: key, spot: true, features: { networkSetup: true, snapshotLocks: true } };
    for (const accounts of [{ backup, replicas: [backup] }, { backup, production: [production], repository, replicas: ["444444444444"] }]) {
      for (const { name, policy } of iamPolicies({ ...options, ...full, accounts }).roles) {
        const sids = policy.Statement.map(({ Sid }) => Sid);
        expect(new Set(sids).size, name).toBe(sids.length);
        expect(JSON.stringify(policy).length, name).toBeLessThan(maxPolicyCharacters);
      }
    }
  });

  it("are left out where nothing of the kind is done", () => {
    const kinds = (features: IamPoliciesOptions["features"], replicas: readonly string[] = []): string[] => iamPolicies({ ...options, accounts: { ...options.accounts, replicas }, features }).roles.map(({ kind }) => kind);
    expect(kinds({ workers: false, restore: false })).toEqual(["impersonation", "backup", "repository"]);
    expect(kinds({ backup: false, workers: false }, ["444444444444"])).toEqual(["impersonation", "restore", "repository"]);
    expect(kinds({ networkSetup: true }, [production, "444444444444"])).toEqual(["impersonation", "engine", "network", "backup", "restore", "replica", "repository", "worker"]);
  });

  it("share snapshots with the accounts of replicas alone, and copy in place what is the account's own", () => {
    const backupRole = (replicas: readonly string[]): Readonly<Record<string, unknown>> => Object.fromEntries(iamPolicies({ ...options, accounts: { ...options.accounts, replicas } }).roles.find(({ kind }) => kind === "backup")?.policy.Statement.map((statement) => [statement.Sid, statement]) ?? []);
    expect(backupRole(["444444444444"])["ShareOwnSnapshots"]).toMatchObject({ Condition: { StringEqualsIfExists: { "ec2:Add/userId": ["444444444444"] } } });
    expect(Object.keys(backupRole(["444444444444"]))).not.toContain("CopySnapshots");
    expect(Object.keys(backupRole([production]))).toContain("CopySnapshots");
    expect(Object.keys(backupRole([production]))).not.toContain("ShareOwnSnapshots");
  });

  it("ask for keys, thawing, locks and spot only where they are used", () => {
    const plain = JSON.stringify(iamPolicies({ ...options, repositories: [{ bucket: "backups" }] }).roles);
    for (const word of ["kms:", "LockSnapshot", "LockedSnapshots", "RestoreObject", "Retention", "ServiceLinkedRole"]) expect(plain).not.toContain(word);
    const key = `arn:aws:kms:eu-west-1:${production}:key/1234`;
    const full = JSON.stringify(iamPolicies({ ...options, volumeKmsKeyArns: [key], spot: true, features: { snapshotLocks: true } }).roles);
    for (const word of ["kms:Decrypt", "kms:CreateGrant", "RestoreObject", "PutObjectRetention", "CreateServiceLinkedRole", "ec2:LockSnapshot", "ec2:DescribeLockedSnapshots"]) expect(full).toContain(word);
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
