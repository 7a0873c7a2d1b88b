import { DescribeImagesCommand, DescribeInstancesCommand, DescribeVpcEndpointsCommand, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, Policy, Repository, s3Storage, WorkerPool, type Clock, type CostLine } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ControlPace } from "../../src/mover/protocol/pace.js";
import type { LaunchWorkerRequest, WorkerInstance } from "../../src/ports/index.js";
import { SystemClock } from "../../src/system/index.js";
import { noiseBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { ProcessCompute, withProcesses } from "../support/process-compute.js";

// The data mover runs as a process of its own; its instance is one that the local cloud records. Time passes on the cloud's clock alone, and by as
// much as the test says: while a volume is moved, and while a worker is kept warm. So what is compared is minutes, and no machine is too slow for it.

const [home, away] = ["eu-west-1", "eu-north-1"] as const;
const blockBytes = 524_288;
const gb = 2 ** 30;
const minuteMs = 60_000;
const [dataBlocks, changedBlocks] = [24, 8];
/** How long each volume is moved, one after the other. */
const movedMinutes = [20, 23, 18, 21];
const idleMs = 5 * minuteMs;
const workersPace = { pollMs: 40, beatMs: 150, silentAfterMs: 20_000, helloWithinMs: 60_000, claimWithinMs: 60_000, idleMs: 60_000 };
/** The engine's own waits are on the cloud's clock, which jumps. */
const enginesPace: ControlPace = { ...workersPace, silentAfterMs: 600 * minuteMs, helloWithinMs: 600 * minuteMs, claimWithinMs: 600 * minuteMs, idleMs };

let folder: string;
let mover: Awaited<ReturnType<typeof buildMover>>;
let cloud: LocalCloud;
let account: AwsAccount;
let compute: CountedCompute;

/** Workers as processes, each with an instance that the cloud launches and terminates, and whose hours it counts. */
class CountedCompute extends ProcessCompute {
  readonly #instances = new Map<string, string>();

  override async launch(request: LaunchWorkerRequest): Promise<WorkerInstance> {
    const instance = await super.launch(request);
    if (this.#instances.has(instance.instanceId)) return instance;
    const { Images: [image] = [] } = await account.ec2(home).send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
    const { Instances: [made] = [] } = await account.ec2(home).send(new RunInstancesCommand({ ImageId: image?.ImageId, InstanceType: "c5.large", MinCount: 1, MaxCount: 1 }));
    this.#instances.set(instance.instanceId, made?.InstanceId ?? "");
    return instance;
  }

  override async kill(instanceId: string, reason: string): Promise<void> {
    const recorded = this.#instances.get(instanceId);
    if (recorded !== undefined && this.running.some(({ instance }) => instance.instanceId === instanceId)) await account.ec2(home).send(new TerminateInstancesCommand({ InstanceIds: [recorded] }));
    await super.kill(instanceId, reason);
  }
}

/** The running time of all instances that the cloud still shows, by what it says of their launch and their end. */
async function instanceHours(seen: Map<string, number>): Promise<void> {
  const { Reservations = [] } = await account.ec2(home).send(new DescribeInstancesCommand({}));
  for (const { InstanceId = "", LaunchTime, StateTransitionReason = "" } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
    const endedAt = /\((.*)\)/.exec(StateTransitionReason)?.[1];
    if (endedAt !== undefined && LaunchTime !== undefined) seen.set(InstanceId, (Date.parse(endedAt) - LaunchTime.getTime()) / (60 * minuteMs));
  }
}

beforeAll(async () => {
  mover = await buildMover();
  folder = await mkdtemp(join(tmpdir(), "holdfast-estimate-hours-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false, maxLoggedCalls: 200_000 });
  const connection = cloud.connection({ region: home });
  account = new AwsAccount({ ...connection, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  for (const [Bucket, region] of [["configuration", home], ["backups", away]] as const) await account.s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  const { accessKeyId, secretAccessKey } = connection.credentials;
  compute = new CountedCompute(home, mover.program, { AWS_ENDPOINT_URL: connection.endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", HOLDFAST_PACE: JSON.stringify(workersPace) });
  await writeFile(join(folder, "bundle.tar.gz"), "a bundle");
});
afterAll(async () => {
  await compute.close();
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
  await rm(mover.folder, { recursive: true, force: true });
});

it("worker hours, endpoints and transfer of an estimate are within 5 % of what the local cloud counts in the month that follows", async () => {
  const runs = new EventEmitter();
  const system = new SystemClock();
  const clock: Clock = { now: () => cloud.clock.now(), monotonicMs: () => system.monotonicMs(), sleep: async (ms, signal) => await system.sleep(ms, signal) };
  const poolClock: Clock = {
    now: () => cloud.clock.now(),
    monotonicMs: () => cloud.clock.now().getTime(),
    sleep: async (ms, signal) => {
      if (ms === idleMs) {
        await once(runs, "over", { signal });
        cloud.clock.advance(idleMs);
      } else {
        await system.sleep(ms, signal);
      }
    },
  };
  const network = await new WorkerPool({ account, configurationBucket: "configuration", applianceId: "networks", bundles: { x64: join(folder, "bundle.tar.gz") } }).createNetwork(home);
  const configuration = await s3Storage({ account, bucket: "configuration", prefix: "holdfast" }).openStore();
  const pool = new WorkerPool(
    { account: withProcesses(account, compute), configurationBucket: "configuration", applianceId: "hours-1", bundles: { x64: join(folder, "bundle.tar.gz") }, networks: { [home]: network }, privateNetworking: true, maxWorkers: 1 },
    { pace: enginesPace, clock: poolClock, openConfiguration: () => Promise.resolve(configuration) },
  );
  const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold", region: away }), encryption: { passphrase: "a long enough passphrase" } }, { clock });
  const volumes: string[] = [];
  for (let volume = 0; volume < 2; volume++) {
    const id = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${home}a` });
    for (let block = 0; block < dataBlocks; block++) await cloud.volumes.write(id, block * 9 * blockBytes, noiseBlock());
    volumes.push(id);
  }
  const policy = new Policy(
    { name: "gold", account, include: volumes.map((volume) => ({ volume })), schedule: { weekly: { on: "sunday", at: "02:00" } }, backup: { repository, auditBlocks: 0 }, workers: pool, retries: 0, parallel: 1 },
    { clock },
  );
  // a volume is being moved when its time passes
  cloud.faults.inject({ kind: "latency", ms: 1_000, service: "ebs", operation: "GetSnapshotBlock" });
  let moved = 0;
  const hours = new Map<string, number>();
  const oneRun = async (): Promise<void> => {
    const at = policy.next(1)[0]?.at ?? new Date(Number.NaN);
    cloud.clock.advance(at.getTime() - cloud.clock.now().getTime());
    for (const id of volumes) for (let block = 0; block < changedBlocks; block++) await cloud.volumes.write(id, block * 9 * blockBytes, noiseBlock());
    const session = policy.run();
    for await (const { type } of session) if (type === "volume:started") cloud.clock.advance((movedMinutes[moved++ % movedMinutes.length] ?? 0) * minuteMs);
    await session;
    runs.emit("over");
    await expect.poll(() => compute.running.length, { timeout: 30_000, interval: 20 }).toBe(0);
    await instanceHours(hours);
  };

  for (let run = 0; run < 3; run++) await oneRun();
  cloud.clock.advance(60 * minuteMs);
  const { months: [month], assumptions, lastRuns } = await policy.estimate({ months: 1 });
  if (month === undefined) throw new Error("There is no month.");
  expect(assumptions.find(({ name }) => name === "workerStartMinutes")?.source).toMatch(/^measured: 6 volumes/);
  const linesOf = (lines: readonly CostLine[], item: CostLine["item"]): number => lines.filter((line) => line.item === item).reduce((total, { quantity }) => total + quantity, 0);
  const past = new Set(hours.keys());
  const hoursOf = (isCounted: (instanceId: string) => boolean): number => [...hours].reduce((total, [instanceId, each]) => total + (isCounted(instanceId) ? each : 0), 0);
  // what the records say of the past is what the cloud counted
  expect(lastRuns.reduce((total, { lines }) => total + linesOf(lines, "worker-hours"), 0) / hoursOf((instanceId) => past.has(instanceId))).toBeCloseTo(1, 1);

  cloud.calls.clear();
  let count = 0;
  for (; (policy.next(1)[0]?.at.getTime() ?? Number.NaN) <= Date.parse(month.to); count++) await oneRun();
  // one worker for both volumes of each run
  expect([month.runs, past.size, hours.size - past.size]).toEqual([count, 3, count]);
  const { VpcEndpoints = [] } = await account.ec2(home).send(new DescribeVpcEndpointsCommand({}));
  const endpoints = VpcEndpoints.filter(({ VpcEndpointType }) => VpcEndpointType === "Interface").reduce((total, { SubnetIds = [] }) => total + SubnetIds.length, 0);
  const sent = cloud.calls.list({ service: "s3", operation: "PutObject", outcome: "ok" }).filter(({ region }) => region === away).reduce((total, { bytesIn }) => total + bytesIn, 0);
  const rows = [
    ["worker-hours", hoursOf((instanceId) => !past.has(instanceId))],
    ["endpoint-hours", (endpoints * (Date.parse(month.to) - Date.parse(month.from))) / (60 * minuteMs)],
    ["endpoint-data", cloud.calls.bytesOut({ service: "ebs", operation: "GetSnapshotBlock", outcome: "ok" }) / gb],
    ["transfer", sent / gb],
  ] as const;
  const compared = rows.map(([item, counted]) => ({ item, counted, estimated: linesOf(month.lines, item), off: linesOf(month.lines, item) / counted - 1 }));
  expect(compared.filter(({ off }) => !(Math.abs(off) <= 0.05))).toEqual([]);
  await pool.close();
});
