import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ConfigurationError } from "../../errors/index.js";
import { LocalCloud } from "../../local/index.js";
import { blockSizeBytes, type Logger } from "../../ports/index.js";
import { SystemClock } from "../../system/index.js";
import { AwsAccount, clientsOf } from "./aws-account.js";
import { s3Storage } from "./s3/s3-storage.js";
import type { AssumeRoleOptions } from "./credentials/assume-role-options.js";

let cloud: LocalCloud;
const accounts: AwsAccount[] = [];
const home = "111122223333";
const away = "222222222222";
const roleArn = `arn:aws:iam::${away}:role/backup`;

beforeAll(async () => {
  cloud = await LocalCloud.start({ durable: false });
  const iam = new IAMClient({ ...cloud.connection({ accountId: away }) });
  const trust = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: `arn:aws:iam::${home}:root` }, Condition: { StringEquals: { "sts:ExternalId": "the-external-id" } } }],
  });
  await iam.send(new CreateRoleCommand({ RoleName: "backup", AssumeRolePolicyDocument: trust }));
  await iam.send(new CreateRoleCommand({ RoleName: "deeper", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: roleArn } }] }) }));
  iam.destroy();
});
afterEach(async () => {
  cloud.faults.removeAll();
  // a role's session ends by the cloud's clock, and is renewed by the account's
  cloud.clock.advance(Date.now() - cloud.clock.now().getTime());
  for (const account of accounts.splice(0)) await account.close();
});
afterAll(async () => {
  await cloud.close();
});

function open(options: Partial<ConstructorParameters<typeof AwsAccount>[0]> = {}): AwsAccount {
  const account = new AwsAccount({ ...cloud.connection({ region: "eu-west-1" }), ...options });
  accounts.push(account);
  return account;
}

describe("an AWS account", () => {
  it("takes a connection as it is and knows its id, asked once", async () => {
    const account = open();
    cloud.calls.clear();
    expect(await Promise.all([account.accountId(), account.accountId()])).toEqual([home, home]);
    expect(await account.accountId()).toBe(home);
    expect(cloud.calls.count({ operation: "GetCallerIdentity" })).toBe(1);
    expect(account.callCounts()).toEqual([{ service: "sts", operation: "GetCallerIdentity", region: "eu-west-1", requests: 1, throttled: 0, failed: 0 }]);
  });

  it("asks for its id again after a failure", async () => {
    const account = open({ limits: { maxAttempts: 1 } });
    cloud.faults.inject({ kind: "error", service: "sts", times: 1 });
    await expect(account.accountId()).rejects.toMatchObject({ name: "ProviderError", code: "ProviderFailed", retryable: true, service: "sts", operation: "GetCallerIdentity" });
    expect(await account.accountId()).toBe(home);
  });

  it("lets one waiting caller give up while the others go on", async () => {
    const account = open();
    cloud.faults.inject({ kind: "latency", service: "sts", ms: 200, times: 1 });
    const reason = new Error("enough");
    const first = account.accountId({ signal: AbortSignal.abort(reason) });
    await expect(first).rejects.toBe(reason);
    expect(await account.accountId()).toBe(home);
  });

  it("names the wrong option and what it must be", () => {
    const connection = cloud.connection({ region: "eu-west-1" });
    const wrong: [unknown, string][] = [
      [undefined, "options"],
      [{ ...connection, region: "here" }, "region"],
      [{ ...connection, endpoint: "nowhere" }, "endpoint"],
      [{ ...connection, endpoint: "https://user:geheim@host" }, "endpoint"],
      [{ ...connection, regoin: "x" }, "regoin"],
      [{ ...connection, credentials: { accessKeyId: "AKIA" } }, "credentials.secretAccessKey"],
      [{ ...connection, clients: { s4: {} } }, "clients.s4"],
      [{ ...connection, clients: { s3: {} } }, "clients.s3"],
      [{ ...connection, limits: { maxAttempts: 0 } }, "limits.maxAttempts"],
    ];
    for (const [options, path] of wrong) {
      const make = (): unknown => new AwsAccount(options as ConstructorParameters<typeof AwsAccount>[0]);
      expect(make).toThrow(ConfigurationError);
      expect(make).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path } }));
      expect(make).not.toThrow(/geheim/);
    }
    expect(() => new AwsAccount({ region: "eu-west-1" }).s3("eu-west-1")).toThrow(/^credentials: are missing/);
  });

  it("calls injected clients and never destroys them", async () => {
    const sts = new STSClient({ region: "eu-west-1" });
    const mock = mockClient(sts);
    mock.on(GetCallerIdentityCommand).resolves({ Account: "123456789012" });
    let isDestroyed = false;
    sts.destroy = () => {
      isDestroyed = true;
    };
    const s3Regions: string[] = [];
    const account = new AwsAccount({
      region: "eu-west-1",
      clients: {
        sts,
        s3: (region) => {
          s3Regions.push(region);
          return new S3Client({ region });
        },
      },
    });
    expect(await account.accountId()).toBe("123456789012");
    expect(account.s3("eu-north-1")).toBe(account.s3("eu-north-1"));
    expect(s3Regions).toEqual(["eu-north-1"]);
    await account.close();
    expect(isDestroyed).toBe(false);
    expect(() => account.s3("eu-west-1")).toThrow(expect.objectContaining({ code: "AccountClosed" }));
  });

  it("shows no secret, wherever it is printed", async () => {
    const lines: string[] = [];
    const log = (message: string, facts?: unknown): void => void lines.push(message + inspect(facts, { depth: 10 }));
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "the-very-secret-key", sessionToken: "the-very-secret-token" };
    const account = open({ credentials, logger, label: "production" });
    const failure: unknown = await account.accountId().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "ProviderError", code: "CredentialsRefused" });
    const assumed = account.assume({ roleArn, externalId: "the-external-id" });
    const everything = [account, assumed, failure, account.calls].flatMap((value) => [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value), String(value)]);
    for (const text of [...everything, ...lines]) expect(text).not.toMatch(/the-very-secret|the-external-id/);
    expect(inspect(account)).toContain("production");
    expect(JSON.parse(JSON.stringify(account))).toEqual({ label: "production", region: "eu-west-1", endpoint: cloud.endpoint });
  });
});

describe("the account of the environment", () => {
  it("takes the region from AWS_REGION and credentials from the default chain", async () => {
    const { endpoint, credentials } = cloud.connection();
    const environment = { AWS_REGION: "eu-north-1", AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey, AWS_ENDPOINT_URL: endpoint };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    try {
      const account = AwsAccount.fromEnvironment();
      accounts.push(account);
      expect(account.region).toBe("eu-north-1");
      expect(AwsAccount.fromEnvironment({ region: "eu-west-1" }).region).toBe("eu-west-1");
      expect(await account.accountId()).toBe(home);
      vi.stubEnv("AWS_REGION", undefined);
      expect(() => AwsAccount.fromEnvironment()).toThrow(/AWS_REGION is not set/);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("an assumed role", () => {
  it("is assumed at the first call, once for all that wait, and is another account", async () => {
    cloud.calls.clear();
    const account = open().assume({ roleArn, externalId: "the-external-id", sessionName: "session-1" });
    expect(cloud.calls.count()).toBe(0);
    const arns = await Promise.all(Array.from({ length: 10 }, async () => (await account.sts("eu-west-1").send(new GetCallerIdentityCommand())).Arn));
    expect(new Set(arns)).toEqual(new Set([`arn:aws:sts::${away}:assumed-role/backup/session-1`]));
    expect(await account.accountId()).toBe(away);
    expect(cloud.calls.count({ operation: "AssumeRole" })).toBe(1);
  });

  it("chains", async () => {
    const account = open().assume({ roleArn, externalId: "the-external-id" }).assume({ roleArn: `arn:aws:iam::${away}:role/deeper`, region: "eu-north-1" });
    expect(account.region).toBe("eu-north-1");
    expect((await account.sts("eu-north-1").send(new GetCallerIdentityCommand())).Arn).toBe(`arn:aws:sts::${away}:assumed-role/deeper/holdfast`);
  });

  it("is refused with what to do", async () => {
    const failure: unknown = await open().assume({ roleArn }).accountId().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "ProviderError", code: "AccessDenied", service: "sts", operation: "AssumeRole", retryable: false });
    expect((failure as Error).message).toMatch(/trust policy must name the caller.*no external id was given/);
  });

  it("is checked before anything is called", () => {
    const account = open();
    for (const [options, path] of [
      [{ roleArn: "backup" }, "roleArn"],
      [{ roleArn, durationSeconds: 60 }, "durationSeconds"],
      [{ roleArn, sessionName: "a b" }, "sessionName"],
      [{ roleArn, externalID: "x" }, "externalID"],
    ] as const) {
      expect(() => account.assume(options as AssumeRoleOptions)).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path } }));
    }
  });

  it("is renewed five minutes before it ends, in the background, and when AWS says that it is over", async () => {
    let offsetMs = 0;
    const clock = new SystemClock();
    const moved = { now: () => new Date(clock.now().getTime() + offsetMs), monotonicMs: () => clock.monotonicMs(), sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal) };
    const account = open({ clock: moved }).assume({ roleArn, externalId: "the-external-id" });
    const sts = account.sts("eu-west-1");
    const call = async (): Promise<string | undefined> =>
      (await account.calls.run({ service: "sts", operation: "GetCallerIdentity", region: "eu-west-1" }, ({ signal }) => sts.send(new GetCallerIdentityCommand(), { abortSignal: signal }))).Account;
    cloud.calls.clear();
    const assumed = (): number => cloud.calls.count({ operation: "AssumeRole" });
    await call();
    offsetMs = 54 * 60_000;
    await call();
    expect(assumed()).toBe(1);
    offsetMs = 56 * 60_000;
    const keyId = async (): Promise<string> => (await sts.config.credentials()).accessKeyId;
    const firstKeyId = await keyId();
    await expect.poll(keyId).not.toBe(firstKeyId);
    expect(assumed()).toBe(2);
    offsetMs = 0;
    cloud.clock.advance(3_700_000);
    expect(await call()).toBe(away);
    expect(cloud.calls.count({ operation: "GetCallerIdentity", outcome: "ExpiredToken" })).toBe(1);
    expect(assumed()).toBe(3);
  });

  it("is renewed where it ends in the middle of moving data over the hot road, once, and every block and object comes whole", async () => {
    const iam = new IAMClient({ ...cloud.connection({ accountId: away }) });
    const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:*", "ebs:*", "ec2:*"], Resource: "*" }] };
    await iam.send(new PutRolePolicyCommand({ RoleName: "backup", PolicyName: "data", PolicyDocument: JSON.stringify(policy) }));
    iam.destroy();
    const region = "eu-west-1";
    const account = open().assume({ roleArn, externalId: "the-external-id", sessionName: "data", durationSeconds: 900 });
    await account.s3(region).send(new CreateBucketCommand({ Bucket: "renewed", CreateBucketConfiguration: { LocationConstraint: region } }));
    const store = await s3Storage({ account, bucket: "renewed" }).openStore();
    const blocks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(blockSizeBytes, index + 1));
    const writer = await account.openSnapshotWriter({ region, volumeSizeBytes: 2 ** 30, description: "test", clientToken: "renewed", tags: {} });
    cloud.calls.clear();
    const move = async (index: number): Promise<void> => {
      const data = blocks[index] ?? Buffer.alloc(0);
      // in the middle of it the credentials end
      if (index === 20) cloud.clock.advance(1_000_000);
      await writer.write({ index, data, sha256: createHash("sha256").update(data).digest() });
      await store.put(`block-${String(index)}`, data);
    };
    await move(0);
    await Promise.all(blocks.map(async (_, index) => { if (index > 0) await move(index); }));
    const { snapshotId } = await writer.complete();
    expect(clientsOf(account).hotRoad("ebs", region)?.ebs).toBeDefined();
    expect(clientsOf(account).hotRoad("s3", region)?.bucket("renewed")).toBeDefined();
    expect(cloud.calls.count({ operation: "AssumeRole" })).toBe(1);
    expect(cloud.calls.count({ service: "ebs", operation: "PutSnapshotBlock", outcome: "ExpiredTokenException" }) + cloud.calls.count({ service: "s3", operation: "PutObject", outcome: "ExpiredToken" })).toBeGreaterThan(0);
    const reader = await account.openSnapshotReader({ region, snapshotId });
    const listed = [];
    for await (const reference of reader.blocks()) {
      // and once more while they are read
      if (reference.index === 10) cloud.clock.advance(1_000_000);
      listed.push((await reader.read(reference)).data.equals(blocks[reference.index] ?? Buffer.alloc(0)));
    }
    expect(listed).toEqual(blocks.map(() => true));
    for (const [index, data] of blocks.entries()) expect((await store.get(`block-${String(index)}`)).body.equals(data)).toBe(true);
    expect(cloud.calls.count({ operation: "AssumeRole" })).toBe(2);
    await reader.close();
  });
});
