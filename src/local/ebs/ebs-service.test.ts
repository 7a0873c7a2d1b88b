import { createHash } from "node:crypto";
import {
  CompleteSnapshotCommand, EBSClient, GetSnapshotBlockCommand, ListChangedBlocksCommand, ListSnapshotBlocksCommand, PutSnapshotBlockCommand, StartSnapshotCommand,
  type StartSnapshotCommandInput,
} from "@aws-sdk/client-ebs";
import { CreateSnapshotCommand, DeleteSnapshotCommand, DescribeSnapshotsCommand, EC2Client, ModifySnapshotAttributeCommand, waitUntilSnapshotCompleted } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blockBytes } from "../blocks/block-size.js";
import { LocalCloud } from "../local-cloud.js";
import type { BlockLimits } from "../block-service-limits.js";

const region = "eu-west-1";
const minuteMs = 60_000;
const dayMs = 86_400_000;

let cloud: LocalCloud;
let ebs: EBSClient;
let ec2: EC2Client;
const opened: { destroy(): void }[] = [];

async function start(limits: BlockLimits = { visibleAfterMs: 0, shortPages: 0, startsPerSecond: 100 }): Promise<void> {
  cloud = await LocalCloud.start({ durable: false, limits: { blocks: limits } });
  ({ ebs, ec2 } = clients());
}

function clients(accountId?: string): { readonly ebs: EBSClient; readonly ec2: EC2Client } {
  const options = { ...cloud.connection(accountId === undefined ? { region } : { region, accountId }), maxAttempts: 1 };
  const made = { ebs: new EBSClient(options), ec2: new EC2Client(options) };
  opened.push(made.ebs, made.ec2);
  return made;
}

beforeEach(async () => {
  await start();
});
afterEach(async () => {
  for (const client of opened.splice(0)) client.destroy();
  await cloud.close();
});

const block = (fill: number): Buffer => Buffer.alloc(blockBytes, fill);
const sha256 = (data: Buffer): Buffer => createHash("sha256").update(data).digest();

async function begin(input: Partial<StartSnapshotCommandInput> = {}): Promise<string> {
  const { SnapshotId } = await ebs.send(new StartSnapshotCommand({ VolumeSize: 1, ...input }));
  return SnapshotId ?? "";
}

function putCommand(snapshotId: string, index: number, data: Buffer, checksum = sha256(data)): PutSnapshotBlockCommand {
  return new PutSnapshotBlockCommand({ SnapshotId: snapshotId, BlockIndex: index, BlockData: data, DataLength: data.length, Checksum: checksum.toString("base64"), ChecksumAlgorithm: "SHA256" });
}

async function put(snapshotId: string, index: number, data: Buffer): Promise<void> {
  await ebs.send(putCommand(snapshotId, index, data));
}

function linear(...blocks: readonly Buffer[]) {
  return { Checksum: sha256(Buffer.concat(blocks.map(sha256))).toString("base64"), ChecksumAlgorithm: "SHA256", ChecksumAggregationMethod: "LINEAR" } as const;
}

async function complete(snapshotId: string, count: number): Promise<string> {
  await ebs.send(new CompleteSnapshotCommand({ SnapshotId: snapshotId, ChangedBlocksCount: count }));
  return await completed(snapshotId);
}

async function completed(snapshotId: string): Promise<string> {
  cloud.clock.advance(100);
  await waitUntilSnapshotCompleted({ client: ec2, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { SnapshotIds: [snapshotId] });
  return snapshotId;
}

async function snapshotOf(volumeId: string): Promise<string> {
  const { SnapshotId } = await ec2.send(new CreateSnapshotCommand({ VolumeId: volumeId }));
  return await completed(SnapshotId ?? "");
}

async function newVolume(sizeGib = 1): Promise<string> {
  return await cloud.volumes.create({ sizeGib, availabilityZone: `${region}a` });
}

async function list(snapshotId: string, maxResults = 100) {
  const blocks = [];
  let pages = 0;
  let token: string | undefined;
  do {
    const page = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshotId, MaxResults: maxResults, NextToken: token }));
    blocks.push(...(page.Blocks ?? []));
    token = page.NextToken;
    pages++;
  } while (token !== undefined);
  return { blocks, pages };
}

async function get(snapshotId: string, index: number, token: string | undefined): Promise<Buffer> {
  const { BlockData } = await ebs.send(new GetSnapshotBlockCommand({ SnapshotId: snapshotId, BlockIndex: index, BlockToken: token }));
  return Buffer.from((await BlockData?.transformToByteArray()) ?? []);
}

describe("a snapshot of a volume", () => {
  it("is listed and read as it was frozen: numbers as numbers, ascending, with the digest of each block", async () => {
    const volumeId = await newVolume(2);
    await cloud.volumes.write(volumeId, 9 * blockBytes + 100, Buffer.from("in the middle of a block"));
    await cloud.volumes.write(volumeId, 4_095 * blockBytes, block(7));
    const snapshotId = await snapshotOf(volumeId);
    await cloud.volumes.write(volumeId, 9 * blockBytes, block(1));
    const answer = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshotId }));
    expect(answer).toMatchObject({ VolumeSize: 2, BlockSize: blockBytes, Blocks: [{ BlockIndex: 9 }, { BlockIndex: 4_095 }] });
    expect(answer.ExpiryTime?.getTime()).toBeCloseTo(cloud.clock.now().getTime() + 7 * dayMs, -5);
    const [first] = answer.Blocks ?? [];
    const data = await ebs.send(new GetSnapshotBlockCommand({ SnapshotId: snapshotId, BlockIndex: 9, BlockToken: first?.BlockToken }));
    const bytes = Buffer.from((await data.BlockData?.transformToByteArray()) ?? []);
    expect(bytes.toString("latin1", 100, 124)).toBe("in the middle of a block");
    expect(data).toMatchObject({ DataLength: blockBytes, ChecksumAlgorithm: "SHA256", Checksum: sha256(bytes).toString("base64") });
  });

  it("is not read before it is completed, nor by another account without permission, nor in another region", async () => {
    const { SnapshotId } = await ec2.send(new CreateSnapshotCommand({ VolumeId: await newVolume() }));
    const command = new ListSnapshotBlocksCommand({ SnapshotId });
    await expect(ebs.send(command)).rejects.toMatchObject({ name: "ValidationException" });
    await completed(SnapshotId ?? "");
    const other = clients("444455556666");
    await expect(other.ebs.send(command)).rejects.toMatchObject({ name: "ResourceNotFoundException", Reason: "SNAPSHOT_NOT_FOUND" });
    await ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, Attribute: "createVolumePermission", OperationType: "add", UserIds: ["444455556666"] }));
    expect((await other.ebs.send(command)).Blocks).toEqual([]);
    const elsewhere = new EBSClient({ ...cloud.connection({ region: "us-east-1" }), maxAttempts: 1 });
    opened.push(elsewhere);
    await expect(elsewhere.send(command)).rejects.toMatchObject({ Reason: "SNAPSHOT_NOT_FOUND" });
  });

  it("gives tokens that are other ones in each listing, hold a week, and open no other block", async () => {
    const volumeId = await newVolume();
    await cloud.volumes.write(volumeId, 0, Buffer.concat([block(1), block(2)]));
    const snapshotId = await snapshotOf(volumeId);
    const [first, second] = (await list(snapshotId)).blocks;
    expect((await list(snapshotId)).blocks[0]?.BlockToken).not.toBe(first?.BlockToken);
    const refused = { name: "ValidationException", Reason: "INVALID_BLOCK_TOKEN" };
    await expect(get(snapshotId, 0, second?.BlockToken)).rejects.toMatchObject(refused);
    await expect(get(await snapshotOf(volumeId), 0, first?.BlockToken)).rejects.toMatchObject(refused);
    await expect(get(snapshotId, 0, "AAAA")).rejects.toMatchObject(refused);
    cloud.clock.advance(7 * dayMs - minuteMs);
    expect((await get(snapshotId, 0, first?.BlockToken)).equals(block(1))).toBe(true);
    cloud.clock.advance(2 * minuteMs);
    await expect(get(snapshotId, 0, first?.BlockToken)).rejects.toMatchObject(refused);
  });

  it("is compared by its data: what is new, changed or gone, and not what was written with the same bytes", async () => {
    const volumeId = await newVolume();
    for (const index of [1, 2, 3, 600]) await cloud.volumes.write(volumeId, index * blockBytes, block(index % 200));
    const first = await snapshotOf(volumeId);
    await cloud.volumes.write(volumeId, 1 * blockBytes, block(1));
    await cloud.volumes.write(volumeId, 2 * blockBytes, block(99));
    await cloud.volumes.trim(volumeId, { offset: 3 * blockBytes, length: blockBytes });
    await cloud.volumes.write(volumeId, 700 * blockBytes, block(7));
    const second = await snapshotOf(volumeId);
    const { ChangedBlocks } = await ebs.send(new ListChangedBlocksCommand({ FirstSnapshotId: first, SecondSnapshotId: second }));
    expect(ChangedBlocks?.map((each) => [each.BlockIndex, each.FirstBlockToken !== undefined, each.SecondBlockToken !== undefined])).toEqual([[2, true, true], [3, true, false], [700, false, true]]);
    expect((await get(second, 2, ChangedBlocks?.[0]?.SecondBlockToken)).equals(block(99))).toBe(true);
    const back = await ebs.send(new ListChangedBlocksCommand({ FirstSnapshotId: second, SecondSnapshotId: first }));
    expect(back.ChangedBlocks?.map((each) => each.BlockIndex)).toEqual([2, 3, 700]);
  });

  it("is compared with its own lineage only", async () => {
    const [first, second] = [await snapshotOf(await newVolume()), await snapshotOf(await newVolume())];
    await expect(ebs.send(new ListChangedBlocksCommand({ FirstSnapshotId: first, SecondSnapshotId: second }))).rejects.toMatchObject({ Reason: "UNRELATED_SNAPSHOTS" });
    await expect(ebs.send(new ListChangedBlocksCommand({ SecondSnapshotId: second }))).rejects.toMatchObject({ name: "ValidationException" });
  });
});

describe("a listing", () => {
  it("has at least 100 results a page, refuses more than 10,000, and goes on from its token alone", async () => {
    const volumeId = await newVolume();
    for (let index = 0; index < 250; index++) await cloud.volumes.write(volumeId, index * 5 * blockBytes, Buffer.of(1));
    const snapshotId = await snapshotOf(volumeId);
    const { blocks, pages } = await list(snapshotId, 5);
    expect(blocks.map((each) => each.BlockIndex)).toEqual(Array.from({ length: 250 }, (_, index) => index * 5));
    expect(pages).toBe(3);
    await expect(ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshotId, MaxResults: 10_001 }))).rejects.toMatchObject({ name: "ValidationException" });
    const { NextToken } = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshotId }));
    const next = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshotId, NextToken, StartingBlockIndex: 0 }));
    expect(next.Blocks?.[0]?.BlockIndex).toBe(500);
    expect((await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshotId, StartingBlockIndex: 1_241 }))).Blocks).toMatchObject([{ BlockIndex: 1_245 }]);
    cloud.clock.advance(61 * minuteMs);
    await expect(ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshotId, NextToken }))).rejects.toMatchObject({ Reason: "INVALID_PAGE_TOKEN" });
  });

  it("has pages that are short or empty although more follows, and still gives everything once", async () => {
    await cloud.close();
    await start({ shortPages: 1 });
    const volumeId = await newVolume();
    for (let index = 0; index < 120; index++) await cloud.volumes.write(volumeId, index * blockBytes, Buffer.of(1));
    const snapshotId = await snapshotOf(volumeId);
    const { blocks, pages } = await list(snapshotId);
    expect(blocks.map((each) => each.BlockIndex)).toEqual(Array.from({ length: 120 }, (_, index) => index));
    expect(pages).toBeGreaterThan(2);
  });
});

describe("a snapshot that is written", () => {
  it("holds what was put into it, the last of each block, over its parent's blocks", async () => {
    const parent = await begin();
    for (const index of [0, 1, 2_047]) await put(parent, index, block(index % 200));
    await complete(parent, 3);
    const child = await begin({ ParentSnapshotId: parent });
    await put(child, 1, block(50));
    await put(child, 1, block(51));
    await ebs.send(new CompleteSnapshotCommand({ SnapshotId: child, ChangedBlocksCount: 1, ...linear(block(51)) }));
    await completed(child);
    const { blocks } = await list(child);
    expect(blocks.map((each) => each.BlockIndex)).toEqual([0, 1, 2_047]);
    expect((await get(child, 1, blocks[1]?.BlockToken)).equals(block(51))).toBe(true);
    const { ChangedBlocks } = await ebs.send(new ListChangedBlocksCommand({ FirstSnapshotId: parent, SecondSnapshotId: child }));
    expect(ChangedBlocks?.map((each) => each.BlockIndex)).toEqual([1]);
  });

  it("makes the LINEAR checksum of the digests' bytes", () => {
    expect(linear(block(1), block(2)).Checksum).toBe("fccGN1xyY7l5uqsw58BLULbsU8thbz9pDvzr9oCk5yk=");
  });

  it("refuses damage, other lengths, and blocks outside of the volume", async () => {
    const snapshotId = await begin();
    await expect(ebs.send(putCommand(snapshotId, 0, block(1), sha256(block(2))))).rejects.toMatchObject({ name: "ValidationException", Reason: "INVALID_BLOCK" });
    await expect(ebs.send(putCommand(snapshotId, 0, Buffer.alloc(512)))).rejects.toMatchObject({ name: "ValidationException" });
    await expect(ebs.send(putCommand(snapshotId, 2_048, block(1)))).rejects.toMatchObject({ name: "ValidationException" });
    await expect(ebs.send(new CompleteSnapshotCommand({ SnapshotId: snapshotId, ChangedBlocksCount: 1 }))).rejects.toMatchObject({ name: "ValidationException" });
    await put(snapshotId, 0, block(1));
    await expect(ebs.send(new CompleteSnapshotCommand({ SnapshotId: snapshotId, ChangedBlocksCount: 1, ...linear(block(2)) }))).rejects.toMatchObject({ name: "ValidationException" });
    await complete(snapshotId, 1);
    await expect(put(snapshotId, 1, block(1))).rejects.toMatchObject({ name: "ValidationException" });
    await expect(ebs.send(new CompleteSnapshotCommand({ SnapshotId: snapshotId, ChangedBlocksCount: 1 }))).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("is completed only a while after it was told to, and fails when nothing was put into it for its timeout", async () => {
    const snapshotId = await begin({ Timeout: 10 });
    const { Status } = await ebs.send(new CompleteSnapshotCommand({ SnapshotId: snapshotId, ChangedBlocksCount: 0 }));
    expect(Status).toBe("pending");
    await completed(snapshotId);
    const late = await begin({ Timeout: 10 });
    cloud.clock.advance(9 * minuteMs);
    await put(late, 0, block(1));
    cloud.clock.advance(9 * minuteMs);
    await put(late, 1, block(1));
    cloud.clock.advance(11 * minuteMs);
    await expect(put(late, 2, block(1))).rejects.toMatchObject({ name: "ValidationException" });
    const { Snapshots } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [late] }));
    expect(Snapshots?.[0]?.State).toBe("error");
    await ec2.send(new DeleteSnapshotCommand({ SnapshotId: late }));
    await expect(put(late, 2, block(1))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("is one for one client token, and none for the token with other parameters", async () => {
    const [first, again] = [await begin({ ClientToken: "job-1" }), await begin({ ClientToken: "job-1" })];
    expect(again).toBe(first);
    await expect(begin({ ClientToken: "job-1", Description: "other" })).rejects.toMatchObject({ name: "ConflictException" });
  });

  it("is refused for wrong sizes, tags, timeouts and encryption", async () => {
    const parent = await complete(await begin({ VolumeSize: 2 }), 0);
    const key = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-4333-8444-555555555555";
    const wrong: Partial<StartSnapshotCommandInput>[] = [
      { VolumeSize: 0 }, { VolumeSize: 65_537 }, { ParentSnapshotId: parent }, { ParentSnapshotId: parent, VolumeSize: 2, Encrypted: true }, { ParentSnapshotId: parent, VolumeSize: 2, KmsKeyArn: key },
      { KmsKeyArn: key }, { Timeout: 9 }, { Timeout: 4_321 }, { Tags: [{ Key: "aws:x", Value: "" }] }, { Description: "x".repeat(256) },
    ];
    for (const input of wrong) await expect(begin(input), JSON.stringify(input)).rejects.toMatchObject({ name: "ValidationException" });
    await expect(begin({ ParentSnapshotId: "snap-0123456789abcdef0" })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    const answer = await ebs.send(new StartSnapshotCommand({ VolumeSize: 1, Encrypted: true, KmsKeyArn: key, Tags: [{ Key: "a", Value: "b" }] }));
    expect(answer).toMatchObject({ KmsKeyArn: key, Status: "pending", VolumeSize: 1, BlockSize: blockBytes, OwnerId: "111122223333", Tags: [{ Key: "a", Value: "b" }] });
  });

  it("is not found by the first blocks after its start", async () => {
    await cloud.close();
    await start({ visibleAfterMs: 60_000 });
    const snapshotId = await begin();
    await expect(put(snapshotId, 0, block(1))).rejects.toMatchObject({ name: "ResourceNotFoundException", Reason: "SNAPSHOT_NOT_FOUND" });
    cloud.clock.advance(60_000);
    await put(snapshotId, 0, block(1));
  });
});

describe("the limits of EBS direct", () => {
  it("count pending snapshots, and requests of a snapshot and of an account, each with its own error", async () => {
    await cloud.close();
    await start({ pendingSnapshots: 2, visibleAfterMs: 0, putBlocksPerSecondPerSnapshot: 1, listsPerSecond: 1, startsPerSecond: 100 });
    const first = await begin();
    await begin();
    await expect(begin()).rejects.toMatchObject({ name: "ConcurrentLimitExceededException" });
    const puts = await Promise.allSettled([0, 1, 2, 3].map((index) => put(first, index, block(1))));
    expect(puts.find((result) => result.status === "rejected")).toMatchObject({ reason: { name: "RequestThrottledException", Reason: "RESOURCE_LEVEL_THROTTLE" } });
    const snapshotId = await snapshotOf(await newVolume());
    const lists = await Promise.allSettled([0, 1, 2].map(() => ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshotId }))));
    expect(lists.find((result) => result.status === "rejected")).toMatchObject({ reason: { name: "ThrottlingException" } });
  });
});
