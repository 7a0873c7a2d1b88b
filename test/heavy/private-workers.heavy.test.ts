import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { DeleteVpcEndpointsCommand, DescribeInstancesCommand, DescribeVpcEndpointsCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, iamPolicies, Policy, Repository, Restore, s3Storage, WorkerPool, type WorkerPoolOptions } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeBundle } from "../../src/composition/bundle/make-bundle.js";
import { noiseBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";

const region = "eu-west-1";
const blockBytes = 524_288;
const pace = { pollMs: 100, beatMs: 500, silentAfterMs: 15_000, helloWithinMs: 60_000, claimWithinMs: 15_000, idleMs: 10_000 };

let mover: Awaited<ReturnType<typeof buildMover>>;
let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
let repository: Repository;
let options: WorkerPoolOptions;
beforeAll(async () => {
  mover = await buildMover();
}, 60_000);
afterAll(async () => await rm(mover.folder, { recursive: true, force: true }));

// a namespace for each worker takes root; without, each still has only its network's roads
/** One account with exactly the worker role that iamPolicies() gives, and a private network. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-private-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false, instances: "run", instanceNetwork: process.platform === "linux" && process.getuid?.() === 0 ? "namespace" : "endpoint" });
  account = new AwsAccount(cloud.connection({ region }));
  for (const Bucket of ["backups", "configuration"]) await account.s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  const backup = await account.accountId();
  const { roles } = iamPolicies({ applianceId: "private-1", accounts: { backup }, principal: `arn:aws:iam::${backup}:root`, configurationBucket: "configuration", repositories: [{ bucket: "backups", prefix: "gold" }], regions: [region] });
  const worker = roles.find(({ kind }) => kind === "worker");
  if (worker === undefined) throw new Error("there is no worker role");
  const iam = account.iam(region);
  await iam.send(new CreateRoleCommand({ RoleName: worker.name, AssumeRolePolicyDocument: JSON.stringify(worker.trust) }));
  await iam.send(new PutRolePolicyCommand({ RoleName: worker.name, PolicyName: worker.name, PolicyDocument: JSON.stringify(worker.policy) }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: worker.name }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: worker.name, RoleName: worker.name }));
  repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { passphrase: "a long enough passphrase" } });
  // the runtime of the bundle is this test's own: the program stays where Node 20 finds its binding of zstd
  const runtime = `#!/bin/bash\nexport AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true HOLDFAST_PACE='${JSON.stringify(pace)}'\nexec ${process.execPath} ${mover.program}\n`;
  const bundle = makeBundle([{ name: "node", body: Buffer.from(runtime), isExecutable: true }, { name: "mover.mjs", body: Buffer.from("// see node\n"), isExecutable: false }]);
  await writeFile(join(folder, "bundle.tar.gz"), bundle.body);
  options = { account, configurationBucket: "configuration", applianceId: "private-1", bundles: { x64: join(folder, "bundle.tar.gz") }, maxWorkers: 2 };
});
afterEach(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

async function makeVolume(state: ReadonlyMap<number, Buffer>): Promise<string> {
  const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
  for (const [index, data] of state) await cloud.volumes.write(volumeId, index * blockBytes, data);
  return volumeId;
}

describe("workers in a private network, with exactly the worker role's permissions", () => {
  it("back up and restore through their endpoints alone, after a preflight that finds nothing", async () => {
    const network = await new WorkerPool(options).createNetwork(region);
    const pool = new WorkerPool({ ...options, networks: { [region]: network }, privateNetworking: true }, { pace });
    expect(await pool.preflight(region)).toEqual([]);
    const state = new Map(Array.from({ length: 12 }, (_, index) => [index * 100, noiseBlock()]));
    const volumeId = await makeVolume(state);
    const result = await new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository }, workers: pool, retries: 0 }).run();
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);
    const restored = await new Restore({ repository, account, workers: pool }).volume(result.resources[0]?.point ?? "", { availabilityZone: `${region}b` });
    for (const [index, data] of state) expect((await cloud.volumes.read(restored.volumeId, { offset: index * blockBytes, length: blockBytes })).equals(data)).toBe(true);
    await pool.close();
    const { Reservations = [] } = await account.ec2(region).send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }] }));
    expect(Reservations).toEqual([]);
    expect((await pool.reap()).removed).toEqual([]);
    expect((await pool.removeNetwork(region)).length).toBe(9);
  }, 180_000);

  it.each(["s3", "ebs", "sts"])("are not launched where the endpoint for %s is missing: the preflight names it", async (service) => {
    const network = await new WorkerPool(options).createNetwork(region);
    const { VpcEndpoints = [] } = await account.ec2(region).send(new DescribeVpcEndpointsCommand({ Filters: [{ Name: "vpc-id", Values: [network.vpcId ?? ""] }] }));
    await account.ec2(region).send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: VpcEndpoints.filter(({ ServiceName }) => ServiceName?.endsWith(`.${service}`)).flatMap(({ VpcEndpointId }) => VpcEndpointId ?? []) }));
    const pool = new WorkerPool({ ...options, networks: { [region]: network }, privateNetworking: true });
    const findings = await pool.preflight(region);
    expect(findings.map(({ code, service: named }) => `${code} ${named ?? ""}`)).toEqual([`NoEndpoint ${service}`, `NoEndpoint ${service}`]);
  });
});
