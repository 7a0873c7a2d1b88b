import { DeleteVpcEndpointsCommand, DescribeInstancesCommand, DescribeVpcEndpointsCommand } from "@aws-sdk/client-ec2";
import { rm } from "node:fs/promises";
import { Policy, Restore, WorkerPool } from "holdfast";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { noiseBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { InstanceBed, instancePace as pace, region } from "../support/instance-bed.js";

let mover: Awaited<ReturnType<typeof buildMover>>;
let bed: InstanceBed;
beforeAll(async () => {
  mover = await buildMover();
}, 60_000);
afterAll(async () => await rm(mover.folder, { recursive: true, force: true }));
beforeEach(async () => {
  bed = await InstanceBed.open(mover.program);
});
afterEach(async () => await bed.close());

describe("workers in a private network, with exactly the worker role's permissions", () => {
  it("back up and restore through their endpoints alone, after a preflight that finds nothing", async () => {
    const { account, options, repository } = bed;
    const network = await new WorkerPool(options).createNetwork(region, { buckets: ["backups"] });
    const { VpcEndpoints = [] } = await account.ec2(region).send(new DescribeVpcEndpointsCommand({ Filters: [{ Name: "vpc-id", Values: [network.vpcId ?? ""] }] }));
    const resources = VpcEndpoints.map(({ ServiceName, PolicyDocument }) => [ServiceName?.split(".").at(-1), (JSON.parse(PolicyDocument ?? "") as { readonly Statement: readonly { readonly Resource: unknown }[] }).Statement[0]?.Resource]);
    expect(Object.fromEntries(resources)).toEqual({ s3: ["configuration", "backups"].flatMap((bucket) => [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]), ebs: ["*"], sts: ["*"] });
    const pool = new WorkerPool({ ...options, networks: { [region]: network }, privateNetworking: true }, { pace });
    expect(await pool.preflight(region)).toEqual([]);
    const state = new Map(Array.from({ length: 12 }, (_, index) => [index * 100, noiseBlock()]));
    const volumeId = await bed.makeVolume(state);
    const result = await new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository }, workers: pool, retries: 0 }).run();
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);
    const restored = await new Restore({ repository, account, workers: pool }).volume(result.resources[0]?.point ?? "", { availabilityZone: `${region}b` });
    expect(await bed.differences(restored.volumeId, state)).toEqual([]);
    await pool.close();
    const { Reservations = [] } = await account.ec2(region).send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }] }));
    expect(Reservations).toEqual([]);
    expect((await pool.reap()).removed).toEqual([]);
    expect((await pool.removeNetwork(region)).length).toBe(9);
  }, 180_000);

  it.each(["s3", "ebs", "sts", "kms"])("are not launched where the endpoint for %s is missing: the preflight names it", async (service) => {
    const { account, options } = bed;
    // workers open the repository by its KMS slot
    const own = { ...options, repositoryKey: { kmsKeyId: "alias/gold" } };
    const network = await new WorkerPool(own).createNetwork(region);
    const { VpcEndpoints = [] } = await account.ec2(region).send(new DescribeVpcEndpointsCommand({ Filters: [{ Name: "vpc-id", Values: [network.vpcId ?? ""] }] }));
    await account.ec2(region).send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: VpcEndpoints.filter(({ ServiceName }) => ServiceName?.endsWith(`.${service}`)).flatMap(({ VpcEndpointId }) => VpcEndpointId ?? []) }));
    const pool = new WorkerPool({ ...own, networks: { [region]: network }, privateNetworking: true });
    const findings = await pool.preflight(region);
    expect(findings.map(({ code, service: named }) => `${code} ${named ?? ""}`)).toEqual([`NoEndpoint ${service}`, `NoEndpoint ${service}`]);
  });
});
