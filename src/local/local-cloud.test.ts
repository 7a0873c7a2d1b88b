import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as iam from "@aws-sdk/client-iam";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalCloud } from "./local-cloud.js";
import type { LocalConnection } from "./local-cloud.js";

let directory: string;
const opened: { destroy(): void }[] = [];
const clouds: LocalCloud[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "local-cloud-"));
});

afterEach(async () => {
  for (const client of opened.splice(0)) client.destroy();
  for (const cloud of clouds.splice(0)) await cloud.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(options: Parameters<typeof LocalCloud.start>[0] = { directory, durable: false }): Promise<LocalCloud> {
  const cloud = await LocalCloud.start(options);
  clouds.push(cloud);
  return cloud;
}

function keep<T extends { destroy(): void }>(client: T): T {
  opened.push(client);
  return client;
}

const s3For = (connection: LocalConnection): s3.S3Client => keep(new s3.S3Client({ ...connection, forcePathStyle: true, maxAttempts: 1 }));
const stsFor = (connection: LocalConnection): sts.STSClient => keep(new sts.STSClient({ ...connection, maxAttempts: 1 }));
const iamFor = (connection: LocalConnection): iam.IAMClient => keep(new iam.IAMClient({ ...connection, maxAttempts: 1 }));

function trust(principal: string, condition?: Record<string, unknown>): string {
  const statement = { Effect: "Allow", Principal: { AWS: principal }, Action: "sts:AssumeRole", ...(condition === undefined ? {} : { Condition: condition }) };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

async function allow(connection: LocalConnection, RoleName: string, Action: string): Promise<void> {
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
  await iamFor(connection).send(new iam.PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument }));
}

describe("a local cloud", () => {
  it("keeps accounts, keys, objects and roles over a restart", async () => {
    const first = await start();
    const connection = first.connection({ region: "eu-west-1" });
    await s3For(connection).send(new s3.CreateBucketCommand({ Bucket: "kept-bucket", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
    await s3For(connection).send(new s3.PutObjectCommand({ Bucket: "kept-bucket", Key: "k", Body: "v" }));
    await iamFor(connection).send(new iam.CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: trust("*") }));
    first.clock.advance(5000);
    await first.close();

    const second = await start();
    const again = second.connection({ region: "eu-west-1" });
    expect(connection.credentials).toMatchObject(again.credentials);
    const read = await s3For(again).send(new s3.GetObjectCommand({ Bucket: "kept-bucket", Key: "k" }));
    expect(await read.Body?.transformToString()).toBe("v");
    expect((await iamFor(again).send(new iam.GetRoleCommand({ RoleName: "r" }))).Role?.RoleName).toBe("r");
    expect(second.clock.offsetMs).toBe(5000);
  });

  it("removes its own temporary directory, and only that", async () => {
    const temporary = await start({});
    expect(existsSync(temporary.directory)).toBe(true);
    await temporary.close();
    expect(existsSync(temporary.directory)).toBe(false);
    await (await start()).close();
    expect(existsSync(join(directory, "cloud.json"))).toBe(true);
  });

  it("shares its directory with no other", async () => {
    await start();
    await expect(LocalCloud.start({ directory })).rejects.toThrow(`${directory} is in use by the local cloud of process ${process.pid}`);
  });

  it("takes over the lock of a process that is gone", async () => {
    const gone = spawnSync("true").pid;
    await writeFile(join(directory, "cloud.lock"), JSON.stringify({ pid: gone, startedAt: "1", id: "x" }));
    await expect(start()).resolves.toBeInstanceOf(LocalCloud);
  });

  it("takes over the lock of a process whose number came again", async () => {
    await writeFile(join(directory, "cloud.lock"), JSON.stringify({ pid: process.pid, startedAt: "1", id: "x" }));
    await expect(start()).resolves.toBeInstanceOf(LocalCloud);
  });

  it.each<[object, string]>([
    [{ port: -1 }, "port is -1"],
    [{ regions: [] }, "regions is []"],
    [{ regions: ["mars"] }, 'regions[0] is "mars"'],
    [{ accountId: "12" }, 'accountId is "12"'],
    [{ faults: { rules: [{ kind: "latency", ms: -1 } as const] } }, "ms is -1"],
    [{ colour: "red" }, "colour is not known"],
  ])("refuses the options %j", async (options, message) => {
    await expect(LocalCloud.start(options)).rejects.toThrow(message);
  });

  it("refuses connections to a region that it does not have", async () => {
    const cloud = await start();
    expect(() => cloud.connection({ region: "eu-central-1" })).toThrow("one of this cloud's regions: us-east-1");
  });

  it("gives each account its own identity", async () => {
    const cloud = await start();
    const identity = await stsFor(cloud.connection({ accountId: "999988887777" })).send(new sts.GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({ Account: "999988887777", Arn: "arn:aws:iam::999988887777:user/administrator" });
  });

  it("refuses what a test denies, in the service's own form", async () => {
    const cloud = await start();
    const connection = cloud.connection();
    const allow = cloud.deny({ action: "s3:ListAllMyBuckets" });
    await expect(s3For(connection).send(new s3.ListBucketsCommand({}))).rejects.toMatchObject({ name: "AccessDenied", $metadata: { httpStatusCode: 403 } });
    allow();
    await expect(s3For(connection).send(new s3.ListBucketsCommand({}))).resolves.toBeDefined();
  });
});

describe("assuming roles", () => {
  it("crosses accounts for whom the role trusts, with the external id that it wants", async () => {
    const cloud = await start();
    const home = cloud.connection({ accountId: "111111111111" });
    const away = cloud.connection({ accountId: "222222222222" });
    const policy = trust("arn:aws:iam::111111111111:root", { StringEquals: { "sts:ExternalId": "secret" } });
    await iamFor(away).send(new iam.CreateRoleCommand({ RoleName: "backup", AssumeRolePolicyDocument: policy }));
    const RoleArn = "arn:aws:iam::222222222222:role/backup";
    const client = stsFor(home);
    await expect(client.send(new sts.AssumeRoleCommand({ RoleArn, RoleSessionName: "s1" }))).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(
      stsFor(cloud.connection({ accountId: "333333333333" })).send(new sts.AssumeRoleCommand({ RoleArn, RoleSessionName: "s1", ExternalId: "secret" })),
    ).rejects.toMatchObject({ name: "AccessDenied" });
    const assumed = await client.send(new sts.AssumeRoleCommand({ RoleArn, RoleSessionName: "s1", ExternalId: "secret" }));
    const session = stsFor({ ...home, credentials: toCredentials(assumed.Credentials) });
    expect(await session.send(new sts.GetCallerIdentityCommand({}))).toMatchObject({
      Account: "222222222222",
      Arn: "arn:aws:sts::222222222222:assumed-role/backup/s1",
    });
    await iamFor(away).send(new iam.DeleteRoleCommand({ RoleName: "backup" }));
    await expect(session.send(new sts.GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("ends when the cloud's clock says so", async () => {
    const cloud = await start();
    const connection = cloud.connection();
    await iamFor(connection).send(new iam.CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: trust("111122223333") }));
    await allow(connection, "r", "s3:ListAllMyBuckets");
    const assume = (DurationSeconds: number): sts.AssumeRoleCommand =>
      new sts.AssumeRoleCommand({ RoleArn: "arn:aws:iam::111122223333:role/r", RoleSessionName: "s1", DurationSeconds });
    await expect(stsFor(connection).send(assume(899))).rejects.toMatchObject({ name: "ValidationError" });
    await expect(stsFor(connection).send(assume(3601))).rejects.toMatchObject({ name: "ValidationError" });
    const { Credentials } = await stsFor(connection).send(assume(900));
    const session = { ...connection, credentials: toCredentials(Credentials) };
    await expect(s3For(session).send(new s3.ListBucketsCommand({}))).resolves.toBeDefined();
    cloud.clock.advance(901_000);
    await expect(s3For(session).send(new s3.ListBucketsCommand({}))).rejects.toMatchObject({ name: "ExpiredToken" });
    await expect(stsFor(session).send(new sts.GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "ExpiredToken" });
  });

  it("chains for at most an hour", async () => {
    const cloud = await start();
    const connection = cloud.connection();
    for (const RoleName of ["a", "b"]) {
      await iamFor(connection).send(new iam.CreateRoleCommand({ RoleName, MaxSessionDuration: 43_200, AssumeRolePolicyDocument: trust("111122223333") }));
    }
    await allow(connection, "a", "sts:AssumeRole");
    const first = await stsFor(connection).send(
      new sts.AssumeRoleCommand({ RoleArn: "arn:aws:iam::111122223333:role/a", RoleSessionName: "s1", DurationSeconds: 43_200 }),
    );
    const session = stsFor({ ...connection, credentials: toCredentials(first.Credentials) });
    const chain = { RoleArn: "arn:aws:iam::111122223333:role/b", RoleSessionName: "s2" };
    await expect(session.send(new sts.AssumeRoleCommand({ ...chain, DurationSeconds: 7200 }))).rejects.toMatchObject({ name: "ValidationError" });
    await expect(session.send(new sts.AssumeRoleCommand(chain))).resolves.toBeDefined();
    await expect(session.send(new sts.GetSessionTokenCommand({}))).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

function toCredentials(credentials: sts.Credentials | undefined): { accessKeyId: string; secretAccessKey: string; sessionToken: string } {
  return {
    accessKeyId: credentials?.AccessKeyId ?? "",
    secretAccessKey: credentials?.SecretAccessKey ?? "",
    sessionToken: credentials?.SessionToken ?? "",
  };
}
