import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, iamPolicies, Policy, Repository, Restore, s3Storage, WorkerPool } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { noiseBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { installRoles } from "../support/install-roles.js";
import { instancePace as pace, region } from "../support/instance-bed.js";
import { writeBundle } from "../support/write-bundle.js";

const blockBytes = 524_288;
const externalId = "an-external-id";
const volumeCount = 8;
const [production, backup, repositoryAccount] = ["111122223333", "222222222222", "333333333333"] as const;

let folder: string;
let cloud: LocalCloud;
let mover: Awaited<ReturnType<typeof buildMover>>;
const accounts: AwsAccount[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-three-"));
  const instanceNetwork = process.platform === "linux" && process.getuid?.() === 0 ? "namespace" : "endpoint";
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false, instances: "run", instanceNetwork, maxLoggedCalls: 200_000 });
  mover = await buildMover();
}, 60_000);
afterEach(async () => {
  for (const account of accounts.splice(0)) await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
  await rm(mover.folder, { recursive: true, force: true });
});

function administratorOf(accountId: string): AwsAccount {
  const account = new AwsAccount(cloud.connection({ region, accountId }));
  accounts.push(account);
  return account;
}

it("back up eight volumes of one account at once from another into a third, and restore, in private networks and in exactly the roles that iamPolicies() gives", async () => {
  const { roles } = iamPolicies({
    applianceId: "three-1",
    accounts: { backup, production: [production], repository: repositoryAccount },
    principal: `arn:aws:iam::${backup}:root`,
    configurationBucket: "configuration",
    repositories: [{ bucket: "backups", prefix: "gold" }],
    regions: [region],
    externalId,
  });
  const administrators = new Map([production, backup, repositoryAccount].map((id) => [id, administratorOf(id)]));
  const roleArn = (wanted: string): string => roles.find(({ kind }) => kind === wanted)?.arn ?? "";
  await installRoles(roles, (id) => administrators.get(id as typeof production) ?? administratorOf(id));
  const buckets = [[backup, "configuration"], [repositoryAccount, "backups"]] as const;
  for (const [owner, Bucket] of buckets) await administrators.get(owner)?.s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  await writeBundle(join(folder, "bundle.tar.gz"), mover.program, pace);
  const options = { configurationBucket: "configuration", applianceId: "three-1", bundles: { x64: join(folder, "bundle.tar.gz") }, maxWorkers: 8 };
  // a network is an administrator's to make
  const network = await new WorkerPool({ ...options, account: administrators.get(backup) ?? administratorOf(backup) }).createNetwork(region);

  const impersonation = administratorOf(backup).assume({ roleArn: roleArn("impersonation") });
  const engine = impersonation.assume({ roleArn: roleArn("engine") });
  const source = impersonation.assume({ roleArn: roleArn("backup"), externalId });
  const target = impersonation.assume({ roleArn: roleArn("restore"), externalId });
  const storage = s3Storage({ account: impersonation.assume({ roleArn: roleArn("repository"), externalId }), bucket: "backups", prefix: "gold" });
  const repository = await Repository.create({ storage, encryption: { passphrase: "a long enough passphrase" } });
  const pool = new WorkerPool({ ...options, account: engine, networks: { [region]: network }, privateNetworking: true }, { pace });
  expect(await pool.preflight(region, { roles })).toEqual([]);

  const state = new Map(Array.from({ length: 4 }, (_, index) => [index * 300, noiseBlock()]));
  const volumes: string[] = [];
  for (let index = 0; index < volumeCount; index++) {
    const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
    for (const [block, data] of state) await cloud.volumes.write(volumeId, (block + index) * blockBytes, data);
    volumes.push(volumeId);
  }
  const policy = new Policy({ name: "gold", account: source, include: volumes.map((volume) => ({ volume })), backup: { repository }, workers: pool, retries: 0, parallel: volumeCount });
  const { resources } = await policy.run();
  expect(resources.map(({ outcome }) => outcome)).toEqual(volumes.map(() => "succeeded"));
  // one worker for each; on a machine that is too busy one may be lost and replaced
  const { Reservations = [] } = await (administrators.get(backup) ?? administratorOf(backup)).ec2(region).send(new DescribeInstancesCommand({}));
  expect(Reservations.length).toBeGreaterThanOrEqual(volumeCount);
  expect((await policy.run()).resources[0]?.volumes).toMatchObject([{ method: "incremental" }]);
  const restored = await new Restore({ repository, account: target, workers: pool }).volume(resources[0]?.point ?? "", { availabilityZone: `${region}b` });
  const first = volumes.indexOf(resources[0]?.volumes[0]?.volumeId ?? "");
  for (const [block, data] of state) expect((await cloud.volumes.read(restored.volumeId, { offset: (block + first) * blockBytes, length: blockBytes })).equals(data)).toBe(true);
  await pool.close();
  expect((await pool.reap()).removed).toEqual([]);
}, 600_000);
