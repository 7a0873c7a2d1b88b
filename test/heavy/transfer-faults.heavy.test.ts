import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { DeleteSnapshotCommand, DescribeSnapshotsCommand, DescribeVolumesCommand } from "@aws-sdk/client-ec2";
import { AwsAccount, HoldfastError, PartialFailureError, Policy, ProviderError, Repository, Restore, directoryStorage, s3Storage, type BlockCounts, type ObjectStorage, type RestorePoint } from "holdfast";
import { LocalCloud, type FaultOptions } from "holdfast/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { noiseBlock, textBlock } from "../support/backup-world.js";

const region = "eu-west-1";
const accountId = "111122223333";
const blockBytes = 524_288;
const volumeBlocks = 2_048;
const hourMs = 3_600_000;
const zeros = Buffer.alloc(blockBytes);
const key = Buffer.alloc(32, 5);
/** A run under faults, its retries and waits included. */
const boundMs = 120_000;
const limits = { baseDelayMs: 2, maxDelayMs: 100, totalTimeoutMs: 30_000, connectTimeoutMs: 2_000, firstByteTimeoutMs: 1_000, bodyIdleTimeoutMs: 1_000 };

let folder: string;
let cloud: LocalCloud;
let root: AwsAccount;
let volumeId: string;
const state = new Map<number, Buffer>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-faults-"));
  cloud = await LocalCloud.start({ durable: false, limits: { blocks: { visibleAfterMs: 20, shortPages: 0.5 } } });
  root = new AwsAccount({ ...cloud.connection({ region }), limits });
  await root.s3(region).send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: region } }));
  await root.iam(region).send(
    new CreateRoleCommand({ RoleName: "mover", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: "sts:AssumeRole" }] }) }),
  );
  const everything = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
  await root.iam(region).send(new PutRolePolicyCommand({ RoleName: "mover", PolicyName: "everything", PolicyDocument: everything }));
  volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
  for (let position = 0; position < 320; position++) state.set(position * 6, position % 3 === 0 ? noiseBlock() : textBlock(`file ${String(position)} `));
  for (const [index, data] of state) await cloud.volumes.write(volumeId, index * blockBytes, data);
});
afterAll(async () => {
  await root.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

let places = 0;
/** What the last run did. */
let blocks: BlockCounts | undefined;
let account: AwsAccount;
beforeEach(() => {
  places++;
  account = root.assume({ roleArn: `arn:aws:iam::${accountId}:role/mover`, durationSeconds: 900 });
});
afterEach(async () => {
  cloud.faults.removeAll();
  await account.close();
});

/** What is done to a run while it goes on. */
interface Trouble {
  readonly faults?: readonly FaultOptions[];
  /** Once the first block is about to be read or written. */
  readonly inTheMiddle?: (snapshotId: string) => Promise<void> | void;
  /** The codes of the errors that fit, where it need not succeed. */
  readonly codes?: readonly string[];
}

const bucket = (): ObjectStorage => s3Storage({ account, bucket: "backups", prefix: `place-${String(places)}` });
const both = (fault: Omit<FaultOptions, "service"> & { readonly kind: FaultOptions["kind"] }): FaultOptions[] => ["ebs", "s3"].map((service) => ({ ...fault, service }) as FaultOptions);

const troubles: Readonly<Record<string, Trouble>> = {
  "30 % throttling": { faults: [...both({ kind: "throttle", probability: 0.3 }), { kind: "throttle", scope: "resource", service: "ebs", probability: 0.05 }] },
  "5 % resets": { faults: [...both({ kind: "reset", probability: 0.025 }), ...both({ kind: "reset", when: "body", probability: 0.025 } as never)] },
  "2 % truncated bodies": { faults: both({ kind: "truncate", probability: 0.02 }) },
  "1 % corrupt bodies": { faults: [...both({ kind: "corrupt", probability: 0.01 }), ...both({ kind: "corrupt-request", probability: 0.01 })] },
  "a connection that stands still for a minute": {
    faults: ["GetSnapshotBlock", "PutSnapshotBlock", "GetObject", "PutObject"].flatMap((operation): FaultOptions[] => [
      { kind: "stall", ms: 60_000, operation, times: 1, after: 1 },
      { kind: "stall", ms: 60_000, when: "body", operation, times: 1, after: 2 },
    ]),
  },
  "credentials that end": { inTheMiddle: () => { cloud.clock.advance(20 * 60_000); } },
};

/** Everything at once, a little thinner: what a bad day looks like. */
const badDay: Trouble = {
  faults: [
    ...both({ kind: "throttle", probability: 0.3 }), ...both({ kind: "reset", probability: 0.05 }), ...both({ kind: "truncate", probability: 0.02 }),
    ...both({ kind: "corrupt", probability: 0.01 }), { kind: "stall", ms: 60_000, operation: "GetSnapshotBlock", times: 1, after: 20 },
  ],
  inTheMiddle: () => { cloud.clock.advance(20 * 60_000); },
};

async function policyRun(storage: ObjectStorage, trouble: Trouble, retries = 3): Promise<RestorePoint> {
  const repository = await openOrCreate(storage);
  for (const fault of trouble.faults ?? []) cloud.faults.inject(fault);
  try {
    const policy = new Policy({ name: `p${String(places)}`, account, include: [{ volume: volumeId }], backup: { repository }, retries });
    const session = policy.run();
    let isDone = false;
    for await (const event of session) {
      if (event.type !== "volume:started" || isDone) continue;
      isDone = true;
      await trouble.inTheMiddle?.(event.snapshotId);
    }
    blocks = (await session).resources[0]?.volumes[0]?.blocks;
    cloud.faults.removeAll();
    const points: RestorePoint[] = [];
    for await (const point of repository.restorePoints()) points.push(point);
    return points.at(-1)!;
  } finally {
    cloud.faults.removeAll();
  }
}

async function openOrCreate(storage: ObjectStorage): Promise<Repository> {
  try {
    return await Repository.open({ storage, encryption: { key } });
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.name === "NotFoundError")) throw error;
    return await Repository.create({ storage, encryption: { key }, packs: { targetBytes: 8 * 2 ** 20, maxBlocks: 32 } });
  }
}

/** Runs under trouble: it succeeds, or fails with the error that fits, in time; then the next run, without, succeeds. */
async function inTime<Result>(run: (trouble: Trouble) => Promise<Result>, trouble: Trouble): Promise<Result> {
  const startedMs = Date.now();
  try {
    return await run(trouble);
  } catch (error) {
    const code = codeOf(error);
    expect(trouble.codes ?? [], String(error)).toContain(code);
    return await run({});
  } finally {
    expect(Date.now() - startedMs).toBeLessThan(boundMs);
  }
}

function codeOf(error: unknown): string {
  if (error instanceof PartialFailureError) return codeOf(error.failures[0]?.error);
  return HoldfastError.isInstance(error) ? error.code : String(error);
}

async function expectHolds(restored: string): Promise<void> {
  for (let index = 0; index < volumeBlocks; index++) {
    // all that was written, what lies around it, and a sample of the rest
    if (!state.has(index) && !state.has(index - 1) && index % 16 !== 0) continue;
    const block = await cloud.volumes.read(restored, { offset: index * blockBytes, length: blockBytes });
    if (!block.equals(state.get(index) ?? zeros)) expect.fail(`block ${String(index)} is another`);
  }
}

/** Of snapshots only the newest point's is there, of volumes the restored ones, of the repository's objects no lease and no checkpoint. */
async function expectNothingLeft(point: RestorePoint, restored: string): Promise<void> {
  const { Snapshots = [] } = await root.ec2(region).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }));
  expect(Snapshots.map(({ SnapshotId }) => SnapshotId)).toEqual([point.volumes[0]?.snapshotId]);
  const { Volumes = [] } = await root.ec2(region).send(new DescribeVolumesCommand({}));
  expect(new Set(Volumes.map(({ VolumeId }) => VolumeId))).toEqual(new Set([volumeId, restored]));
  for (const prefix of ["sess/", "ckpt/"]) {
    const { Contents = [] } = await root.s3(region).send(new ListObjectsV2Command({ Bucket: "backups", Prefix: `place-${String(places)}/${prefix}` }));
    expect(Contents.map(({ Key }) => Key)).toEqual([]);
  }
  await root.compute(region).deleteVolume(restored);
  await root.compute(region).deleteSnapshot(point.volumes[0]?.snapshotId ?? "");
}

async function restoreRun(point: RestorePoint, trouble: Trouble): Promise<string> {
  const repository = await Repository.open({ storage: bucket(), encryption: { key } });
  for (const fault of trouble.faults ?? []) cloud.faults.inject(fault);
  try {
    const session = new Restore({ repository, account }).volume(point.id, { volume: volumeId, availabilityZone: `${region}b` });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await trouble.inTheMiddle?.("");
    return (await session).volumeId;
  } finally {
    cloud.faults.removeAll();
  }
}

describe("a full backup and its restore", () => {
  for (const [name, trouble] of [...Object.entries(troubles), ["all of these at once", badDay] as const]) {
    it(`give the same bytes through ${name}`, async () => {
      const point = await inTime((given) => policyRun(bucket(), given), trouble);
      const restored = await inTime((given) => restoreRun(point, given), { ...trouble, codes: ["SnapshotNotWritable"] });
      await expectHolds(restored);
      expect((await (await Repository.open({ storage: bucket(), encryption: { key } })).verify({ level: "data" })).findings).toEqual([]);
      await expectNothingLeft(point, restored);
    });
  }

  it("outlive all tokens of a listing: of pages, and of blocks", async () => {
    const point = await inTime((given) => policyRun(bucket(), given), { inTheMiddle: () => { cloud.clock.advance(8 * 24 * hourMs); } });
    const restored = await restoreRun(point, {});
    await expectHolds(restored);
    await expectNothingLeft(point, restored);
  });

  it("begin again with a new snapshot where the snapshot is deleted in the middle, and say so where they may not", async () => {
    const removed = async (snapshotId: string): Promise<void> => {
      await root.ec2(region).send(new DeleteSnapshotCommand({ SnapshotId: snapshotId }));
    };
    await expect(policyRun(bucket(), { inTheMiddle: removed, faults: [{ kind: "latency", ms: 30, service: "ebs", operation: "GetSnapshotBlock" }] }, 0)).rejects.toMatchObject({ failures: [{ error: { code: "Overtaken" } }] });
    const point = await policyRun(bucket(), { inTheMiddle: removed, faults: [{ kind: "latency", ms: 30, service: "ebs", operation: "GetSnapshotBlock" }] });
    const restored = await restoreRun(point, {});
    await expectHolds(restored);
    await expectNothingLeft(point, restored);
  });

  it("fail with NoSpace where the disk is full, and go on once it is not", async () => {
    const path = join(folder, "full");
    let free = 40 * 2 ** 20;
    const inner = directoryStorage(path);
    const storage: ObjectStorage = {
      ...inner,
      openStore: async () => {
        const store = await inner.openStore();
        const put = store.put.bind(store);
        return Object.assign(Object.create(store) as typeof store, {
          location: store.location,
          get: store.get.bind(store), head: store.head.bind(store), list: store.list.bind(store), delete: store.delete.bind(store),
          put: async (...[name, body, options]: Parameters<typeof put>) => {
            free -= body instanceof Uint8Array ? body.length : body.reduce((sum, { length }) => sum + length, 0);
            if (free < 0) throw new ProviderError("there is no room left", { code: "NoSpace", service: "directory", operation: "put", awsCode: "ENOSPC" });
            return await put(name, body, options);
          },
        });
      },
    };
    await expect(policyRun(storage, {})).rejects.toMatchObject({ failures: [{ error: { code: "NoSpace" } }] });
    free = Infinity;
    const point = await policyRun(storage, {});
    // what was stored before the disk was full is found again
    expect((blocks?.known ?? 0) + (blocks?.resumed ?? 0)).toBeGreaterThan(60);
    const restored = await new Restore({ repository: await openOrCreate(storage), account }).volume(point.id, { volume: volumeId, availabilityZone: `${region}b` });
    await expectHolds(restored.volumeId);
    await root.compute(region).deleteVolume(restored.volumeId);
    expect((await openOrCreate(storage).then((repository) => repository.verify({ level: "data" }))).findings).toEqual([]);
  });
});
