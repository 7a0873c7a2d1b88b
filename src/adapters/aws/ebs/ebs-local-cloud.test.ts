import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hastyClock } from "../../../../test/support/hasty-clock.js";
import { LocalCloud } from "../../../local/index.js";
import { blockSizeBytes, type BlockReader, type Compute } from "../../../ports/index.js";
import { SystemClock, systemRandom } from "../../../system/index.js";
import { blockDataOf, blockOf, type BlockContent } from "../../../testing/block-content.js";
import { blockReaderConformance } from "../../../testing/block-reader-conformance.js";
import { blockWriterConformance } from "../../../testing/block-writer-conformance.js";
import { AwsAccount, clientsOf } from "../aws-account.js";
import { Ec2Compute } from "../ec2/ec2-compute.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { openSnapshotReader } from "./open-snapshot-reader.js";
import { openSnapshotWriter } from "./open-snapshot-writer.js";

const region = "eu-west-1";
const gib = 2 ** 30;
const dayMs = 86_400_000;
let cloud: LocalCloud;
let account: AwsAccount;
let compute: Compute;
let door: SnapshotDoorContext;

beforeAll(async () => {
  cloud = await LocalCloud.start({ durable: false, limits: { blocks: "none" } });
  account = new AwsAccount({ ...cloud.connection({ region }), limits: { baseDelayMs: 2, maxDelayMs: 50 } });
  const clock = new SystemClock();
  compute = new Ec2Compute({ ec2: clientsOf(account).ec2.lazy(region), region, accountId: () => account.accountId(), calls: account.calls, clock: hastyClock, random: systemRandom });
  door = { ebs: clientsOf(account).ebs.lazy(region), region, compute, calls: account.calls, clock, random: systemRandom };
});
afterEach(() => {
  cloud.faults.removeAll();
});
afterAll(async () => {
  await account.close();
  await cloud.close();
});

async function newVolume(sizeGib = 1): Promise<string> {
  return await cloud.volumes.create({ sizeGib, availabilityZone: `${region}a` });
}

async function write(volumeId: string, content: BlockContent): Promise<void> {
  for (const [index, data] of content) await cloud.volumes.write(volumeId, index * blockSizeBytes, data);
}

async function snapshot(volumeId: string): Promise<string> {
  const { snapshotId } = await compute.snapshotVolume(volumeId, { description: "", tags: {} });
  await compute.waitForSnapshot(snapshotId);
  return snapshotId;
}

async function restoreToVolume(snapshotId: string): Promise<string> {
  const { volumeId } = await compute.createVolume({ snapshotId, availabilityZone: `${region}a`, tags: {}, clientToken: randomUUID() });
  await compute.waitForVolume(volumeId);
  return volumeId;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function readAll(reader: BlockReader): Promise<Map<number, Buffer>> {
  const blocks = await Promise.all((await collect(reader.blocks())).map((reference) => reader.read(reference)));
  return new Map(blocks.map(({ index, data }) => [index, data]));
}

function expectSame(actual: BlockContent, expected: BlockContent): void {
  expect([...actual.keys()]).toEqual([...expected.keys()].sort((a, b) => a - b));
  for (const [index, data] of expected) expect(actual.get(index)?.equals(data), `block ${index}`).toBe(true);
}

describe("a snapshot of the local cloud that is read", () => {
  blockReaderConformance({
    test: it,
    volumeSizeBytes: gib,
    open: async ({ blocks, base }) => {
      const volumeId = await newVolume();
      await write(volumeId, base);
      const baseId = await snapshot(volumeId);
      await write(volumeId, new Map([...blocks].filter(([index, data]) => base.get(index) !== data)));
      const strange = await newVolume();
      return { reader: await openSnapshotReader(door, { snapshotId: await snapshot(volumeId) }), baseId, strangeBaseId: await snapshot(strange) };
    },
  });

  it("is read byte for byte long after it was listed, when no token is good any more", async () => {
    const content = new Map(Array.from({ length: 30 }, (_, position) => [position * 11, blockOf(position)]));
    const volumeId = await newVolume();
    await write(volumeId, content);
    const reader = await openSnapshotReader(door, { snapshotId: await snapshot(volumeId) });
    const references = await collect(reader.blocks());
    cloud.clock.advance(8 * dayMs);
    const read = await Promise.all(references.map((reference) => reader.read(reference)));
    expectSame(new Map(read.map(({ index, data }) => [index, data])), content);
  });

  for (const fault of [{ kind: "throttle", times: 3 }, { kind: "reset", when: "body" }, { kind: "truncate" }, { kind: "corrupt" }] as const) {
    it(`is read byte for byte through ${JSON.stringify(fault)}`, async () => {
      const content = new Map(Array.from({ length: 20 }, (_, position) => [position * 3, blockOf(position)]));
      const volumeId = await newVolume();
      await write(volumeId, content);
      const reader = await openSnapshotReader(door, { snapshotId: await snapshot(volumeId) });
      cloud.faults.inject({ ...fault, service: "ebs", operation: "GetSnapshotBlock", probability: 0.2 });
      expectSame(await readAll(reader), content);
    });
  }

  it("is not read before it is completed", async () => {
    const { snapshotId } = await compute.snapshotVolume(await newVolume(), { description: "", tags: {} });
    // so it takes a minute more
    cloud.clock.advance(-60_000);
    try {
      await expect(openSnapshotReader(door, { snapshotId })).rejects.toMatchObject({ name: "ConflictError", code: "SnapshotNotCompleted", retryable: true });
    } finally {
      cloud.clock.advance(60_000);
    }
  });

  it("names the action that is denied", async () => {
    const snapshotId = await snapshot(await newVolume());
    const allow = cloud.deny({ action: "ebs:ListSnapshotBlocks" });
    try {
      await expect(openSnapshotReader(door, { snapshotId })).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied", message: expect.stringContaining("ebs:ListSnapshotBlocks") as string });
    } finally {
      allow();
    }
  });
});

describe("a snapshot of the local cloud that is written", () => {
  const open = async (parentSnapshotId?: string) =>
    await openSnapshotWriter(door, { region, volumeSizeBytes: gib, description: "restore", tags: { made: "here" }, clientToken: randomUUID(), parentSnapshotId });

  blockWriterConformance({
    test: it,
    volumeSizeBytes: gib,
    open: async () => {
      const writer = await open();
      let volumeId: string | undefined;
      return {
        writer,
        readBack: async (index) => {
          volumeId ??= await restoreToVolume(writer.target);
          return await cloud.volumes.read(volumeId, { offset: index * blockSizeBytes, length: blockSizeBytes });
        },
        exists: async () => await compute.snapshot(writer.target).then(() => true, () => false),
      };
    },
  });

  it("has its parent's blocks where nothing was written", async () => {
    const volumeId = await newVolume();
    const content = new Map([[1, blockOf("one")], [2, blockOf("two")]]);
    await write(volumeId, content);
    const writer = await open(await snapshot(volumeId));
    await writer.write(blockDataOf(2, blockOf("new")));
    const { snapshotId } = await writer.complete();
    const reader = await openSnapshotReader(door, { snapshotId });
    expectSame(await readAll(reader), new Map([...content, [2, blockOf("new")]]));
    expect((await compute.snapshot(snapshotId)).tags).toMatchObject({ made: "here" });
  });

  it("is given up by EBS when nothing is written for too long", async () => {
    const writer = await open();
    cloud.clock.advance(61 * 60_000);
    await expect(writer.write(blockDataOf(0, blockOf(0)))).rejects.toMatchObject({ name: "ConflictError", code: "SnapshotNotWritable" });
  });

  it("is written byte for byte through throttling, resets, lost answers and damaged requests", async () => {
    const content = new Map(Array.from({ length: 20 }, (_, position) => [position * 3, blockOf(position)]));
    const writer = await open();
    cloud.faults.inject({ kind: "throttle", operation: "PutSnapshotBlock", times: 3 });
    for (const kind of ["reset", "lost-response", "corrupt-request"] as const) cloud.faults.inject({ kind, operation: "PutSnapshotBlock", probability: 0.1 });
    await Promise.all([...content].map(([index, data]) => writer.write(blockDataOf(index, data))));
    cloud.faults.removeAll();
    cloud.faults.inject({ kind: "lost-response", operation: "CompleteSnapshot", times: 1 });
    const { snapshotId } = await writer.complete();
    expectSame(await readAll(await openSnapshotReader(door, { snapshotId })), content);
  });
});
