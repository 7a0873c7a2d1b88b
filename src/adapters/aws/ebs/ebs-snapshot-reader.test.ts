import { EBSClient, GetSnapshotBlockCommand, ListSnapshotBlocksCommand } from "@aws-sdk/client-ebs";
import { mockClient } from "aws-sdk-client-mock";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startScriptedEbs, type ScriptedEbsBed } from "../../../../test/support/scripted-ebs-bed.js";
import { blockSizeBytes, zeroBlockSha256, type BlockChange, type BlockReader } from "../../../ports/index.js";
import { blockOf } from "../../../testing/block-content.js";
import { blockReaderConformance } from "../../../testing/block-reader-conformance.js";
import { AwsAccount, clientsOf } from "../aws-account.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import type { EbsBlockReference } from "./block-tokens.js";
import type { EbsSnapshotReader } from "./ebs-snapshot-reader.js";
import { openSnapshotReader } from "./open-snapshot-reader.js";

const gib = 2 ** 30;
const snapshotId = "snap-00000000000000001";
const baseId = "snap-00000000000000002";
let bed: ScriptedEbsBed;

beforeAll(async () => {
  bed = await startScriptedEbs();
});
beforeEach(() => {
  Object.assign(bed.ebs, { pageBlocks: 10_000, hasEmptyPages: false });
});
afterEach(() => {
  bed.faults.removeAll();
  bed.ebs.snapshots.clear();
});
afterAll(async () => {
  await bed.close();
});

/** Blocks of which each has a byte of its own; sharing the rest keeps thousands of them cheap. */
function filled(indexes: Iterable<number>): Map<number, Buffer> {
  return new Map([...indexes].map((index) => [index, blockOf(index)]));
}

async function open(options: Parameters<ScriptedEbsBed["door"]>[0] = {}): Promise<EbsSnapshotReader> {
  return await openSnapshotReader(bed.door(options), { snapshotId });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function expectWholeRead(reader: BlockReader, blocks: ReadonlyMap<number, Buffer>): Promise<void> {
  const references = await collect(reader.blocks());
  expect(references.map(({ index }) => index)).toEqual([...blocks.keys()].sort((a, b) => a - b));
  for (const { index, data } of await Promise.all(references.map((reference) => reader.read(reference)))) expect(data.equals(blocks.get(index) ?? Buffer.alloc(0)), `block ${index}`).toBe(true);
}

describe("an EBS snapshot that is read", () => {
  for (const [name, pages] of Object.entries({ "in full pages": { pageBlocks: 10_000, hasEmptyPages: false }, "in pages of two, and empty ones between": { pageBlocks: 2, hasEmptyPages: true } })) {
    describe(name, () => {
      beforeEach(() => {
        Object.assign(bed.ebs, pages);
      });
      blockReaderConformance({
        test: it,
        volumeSizeBytes: gib,
        open: async ({ blocks, base }) => {
          // The scripted service takes two blocks as the same when they are the same buffer.
          bed.ebs.add({ id: snapshotId, blocks: new Map(blocks) });
          bed.ebs.add({ id: baseId, blocks: new Map(base) });
          return { reader: await open(), baseId, strangeBaseId: "snap-0123" };
        },
      });
    });
  }

  it("goes on by index where a page's token has become too old", async () => {
    const blocks = filled([0, 1, 2, 3, 4, 5, 6]);
    bed.ebs.add({ id: snapshotId, blocks });
    Object.assign(bed.ebs, { pageBlocks: 2, hasEmptyPages: true });
    const reader = await open();
    const seen: number[] = [];
    bed.calls.clear();
    for await (const { index } of reader.blocks()) {
      seen.push(index);
      bed.ebs.expireTokens();
    }
    expect(seen).toEqual([...blocks.keys()]);
    expect(bed.calls.list().some(({ errorCode }) => errorCode === "ValidationException")).toBe(true);
  });

  it("renews the tokens of blocks once for all that a page names, in whatever order they are asked for", async () => {
    const blocks = filled(Array.from({ length: 40 }, (_, position) => position * 7));
    bed.ebs.add({ id: snapshotId, blocks });
    const reader = await open();
    const references = await collect(reader.blocks());
    bed.ebs.expireTokens();
    bed.calls.clear();
    const read = await Promise.all(references.map((reference) => reader.read(reference)));
    for (const { index, data } of read) expect(data.equals(blocks.get(index) ?? Buffer.alloc(0))).toBe(true);
    expect(bed.calls.count({ service: "ebs", operation: "ListSnapshotBlocks" })).toBe(1);
    bed.ebs.expireTokens();
    expect((await reader.read(references[3]!)).data.equals(blocks.get(21)!)).toBe(true);
  });

  it("lists changes again as changes: what is not among them then was none", async () => {
    const base = filled([1, 2, 3]);
    bed.ebs.add({ id: baseId, blocks: base });
    bed.ebs.add({ id: snapshotId, blocks: new Map([...base, [2, blockOf("new")]]) });
    const reader = await open();
    const [change] = await collect(reader.changesSince(baseId));
    bed.ebs.expireTokens();
    expect((await reader.read(change!.reference!)).data.equals(blockOf("new"))).toBe(true);
    const wrong: EbsBlockReference = { ...change!.reference, index: 3 };
    await expect(reader.read(wrong)).rejects.toMatchObject({ name: "ProviderError", code: "InvalidListing" });
  });

  it("tells blocks that are gone, and makes sure of them", async () => {
    const base = filled([1, 2, 3, 4, 9]);
    const blocks = new Map([...base].filter(([index]) => index !== 2 && index !== 9));
    bed.ebs.add({ id: baseId, blocks: base });
    bed.ebs.add({ id: snapshotId, blocks });
    const reader = await open();
    bed.calls.clear();
    expect(await collect(reader.changesSince(baseId))).toEqual([{ index: 2 }, { index: 9 }]);
    expect(bed.calls.count({ operation: "ListSnapshotBlocks" })).toBe(1);
  });

  it("reads a block that the listing does not name as zeros", async () => {
    bed.ebs.add({ id: snapshotId, blocks: filled([3]) });
    const reader = await open();
    const { data, sha256 } = await reader.read({ index: 2 });
    expect(data.equals(Buffer.alloc(blockSizeBytes))).toBe(true);
    expect(sha256.equals(zeroBlockSha256)).toBe(true);
    expect((await reader.read({ index: 3 })).data.equals(blockOf(3))).toBe(true);
  });

  it("says that snapshots of two lines are unrelated, and which base is not there or not completed", async () => {
    bed.ebs.add({ id: snapshotId });
    bed.ebs.add({ id: baseId, lineage: "another" });
    bed.ebs.add({ id: "snap-0aaa", state: "pending" });
    const reader = await open();
    await expect(collect(reader.changesSince(baseId))).rejects.toMatchObject({ name: "ConflictError", code: "UnrelatedSnapshots", context: { base: baseId } });
    await expect(collect(reader.changesSince("snap-0bbb"))).rejects.toMatchObject({ name: "NotFoundError", code: "SnapshotNotFound", context: { snapshotId: "snap-0bbb" } });
    await expect(collect(reader.changesSince("snap-0aaa"))).rejects.toMatchObject({ name: "ConflictError", code: "UnrelatedSnapshots", message: expect.stringContaining("pending") as string });
    await expect(collect(reader.changesSince("the last one"))).rejects.toMatchObject({ name: "ConfigurationError", context: { path: "base" } });
  });

  it("opens no snapshot that is missing, unfinished or misnamed", async () => {
    await expect(open()).rejects.toMatchObject({ name: "NotFoundError", code: "SnapshotNotFound" });
    const snapshot = bed.ebs.add({ id: snapshotId, state: "pending" });
    await expect(open()).rejects.toMatchObject({ name: "ConflictError", code: "SnapshotNotCompleted", retryable: true, message: expect.stringContaining("wait for it") as string });
    snapshot.state = "error";
    await expect(open()).rejects.toMatchObject({ name: "ConflictError", code: "SnapshotNotCompleted", retryable: false });
    await expect(openSnapshotReader(bed.door(), { snapshotId: "vol-1" })).rejects.toMatchObject({ name: "ConfigurationError", context: { path: "snapshotId" } });
  });

  it("names the action that is denied", async () => {
    const blocks = filled([0]);
    bed.ebs.add({ id: snapshotId, blocks });
    const reader = await open();
    const [reference] = await collect(reader.blocks());
    const allow = bed.authorizer.deny({ action: "ebs:GetSnapshotBlock" });
    try {
      await expect(reader.read(reference!)).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied", retryable: false, message: expect.stringContaining("ebs:GetSnapshotBlock") as string });
    } finally {
      allow();
    }
  });

  it("says so when the snapshot is deleted while it is read, and when it was closed", async () => {
    bed.ebs.add({ id: snapshotId, blocks: filled([0]) });
    const reader = await open();
    const [reference] = await collect(reader.blocks());
    bed.ebs.snapshots.clear();
    await expect(reader.read(reference!)).rejects.toMatchObject({ name: "NotFoundError", code: "SnapshotNotFound" });
    await reader.close();
    await expect(reader.read(reference!)).rejects.toMatchObject({ name: "IllegalStateError", code: "ReaderClosed" });
  });
});

describe("an EBS snapshot that is read through a bad connection", () => {
  const blocks = filled(Array.from({ length: 24 }, (_, position) => position * 3));
  let reader: EbsSnapshotReader;

  beforeEach(async () => {
    bed.ebs.add({ id: snapshotId, blocks });
    bed.ebs.pageBlocks = 5;
    reader = await open({ limits: { firstByteTimeoutMs: 150, bodyIdleTimeoutMs: 150 } });
  });

  for (const fault of [
    { kind: "throttle", times: 3 },
    { kind: "throttle", scope: "resource", times: 3 },
    { kind: "error" },
    { kind: "reset" },
    { kind: "reset", when: "body" },
    { kind: "truncate" },
    { kind: "corrupt" },
    { kind: "stall", ms: 400 },
    { kind: "stall", ms: 400, when: "body" },
  ] as const) {
    it(`reads all of it byte for byte where some answers meet ${JSON.stringify(fault)}`, async () => {
      // one for certain, and more by chance
      for (const often of [{ times: 1 }, { probability: 0.25 }]) bed.faults.inject({ ...fault, service: "ebs", operation: "GetSnapshotBlock", ...often });
      await expectWholeRead(reader, blocks);
      expect(bed.faults.counts().at(-2)?.met).toBe(1);
    });
  }

  it("lists all of it where listings are throttled, reset and cut off", async () => {
    for (const kind of ["throttle", "reset", "truncate"] as const) bed.faults.inject({ kind, service: "ebs", operation: "ListSnapshotBlocks", probability: 0.25 });
    await expectWholeRead(reader, blocks);
  });

  it("raises an IntegrityError rather than return a block that is always wrong", async () => {
    const [reference] = await collect(reader.blocks());
    bed.faults.inject({ kind: "corrupt", operation: "GetSnapshotBlock" });
    await expect(reader.read(reference!)).rejects.toMatchObject({ name: "IntegrityError", code: "BlockDamaged", context: { snapshotId, block: 0 } });
    expect(bed.faults.counts().at(-1)?.met).toBe(6);
  });

  it("ends a read that is under way with the signal's reason", async () => {
    const [reference] = await collect(reader.blocks());
    bed.faults.inject({ kind: "stall", ms: 5000, when: "body", operation: "GetSnapshotBlock" });
    const controller = new AbortController();
    const reason = new Error("enough");
    const unlimited = await open();
    const read = unlimited.read(reference!, { signal: controller.signal });
    await expect.poll(() => bed.faults.counts().at(-1)?.met).toBe(1);
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
  });

  it("ends a listing that is under way with the signal's reason", async () => {
    bed.faults.inject({ kind: "latency", ms: 5000, operation: "ListSnapshotBlocks", after: 1 });
    const controller = new AbortController();
    const reason = new Error("enough");
    const unlimited = bed.door();
    const seen: number[] = [];
    bed.faults.removeAll();
    const slow = await openSnapshotReader(unlimited, { snapshotId });
    bed.faults.inject({ kind: "latency", ms: 5000, operation: "ListSnapshotBlocks", after: 1 });
    const listing = (async () => {
      for await (const { index } of slow.blocks({ signal: controller.signal })) {
        seen.push(index);
        if (seen.length === 5) controller.abort(reason);
      }
    })();
    await expect(listing).rejects.toBe(reason);
    expect(seen).toEqual([0, 3, 6, 9, 12]);
  });
});

describe("answers that are not as EBS makes them", () => {
  const client = new EBSClient({ region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  const ebs = mockClient(client);
  const facts = { VolumeSize: 1, BlockSize: blockSizeBytes };

  beforeEach(() => {
    ebs.reset();
  });
  afterAll(() => {
    ebs.restore();
  });

  async function openMocked(): Promise<EbsSnapshotReader> {
    const account = new AwsAccount({ region: "eu-west-1", clients: { ebs: client }, limits: { baseDelayMs: 1, maxDelayMs: 2 } });
    const door = { ...bed.door(), calls: account.calls, ebs: clientsOf(account).ebs.lazy("eu-west-1") } satisfies SnapshotDoorContext;
    return await openSnapshotReader(door, { snapshotId });
  }

  for (const [name, blocks] of Object.entries({
    "an index that is a text": [{ BlockIndex: "1" as unknown as number, BlockToken: "a" }],
    "the same index twice": [{ BlockIndex: 1, BlockToken: "a" }, { BlockIndex: 1, BlockToken: "b" }],
    "indexes out of order": [{ BlockIndex: 2, BlockToken: "a" }, { BlockIndex: 1, BlockToken: "b" }],
    "an index behind the end": [{ BlockIndex: 2048, BlockToken: "a" }],
    "a negative index": [{ BlockIndex: -1, BlockToken: "a" }],
    "no token": [{ BlockIndex: 1 }],
  })) {
    it(`refuses a listing with ${name}`, async () => {
      ebs.on(ListSnapshotBlocksCommand).resolves({ ...facts, Blocks: blocks });
      await expect(openMocked().then((reader) => collect(reader.blocks()))).rejects.toMatchObject({ name: "ProviderError", code: "InvalidListing", retryable: false });
    });
  }

  it("refuses an index again on the next page", async () => {
    ebs.on(ListSnapshotBlocksCommand).callsFake(({ NextToken: from }: { readonly NextToken?: string }) => ({ ...facts, Blocks: [{ BlockIndex: 5, BlockToken: "a" }], NextToken: from === undefined ? "next" : undefined }));
    const reader = await openMocked();
    await expect(collect(reader.blocks())).rejects.toMatchObject({ code: "InvalidListing" });
  });

  it("refuses other block sizes and sizes of volumes, and pages that go round in circles", async () => {
    ebs.on(ListSnapshotBlocksCommand).resolves({ ...facts, BlockSize: 512, Blocks: [] });
    await expect(openMocked()).rejects.toMatchObject({ code: "InvalidListing", message: expect.stringContaining("BlockSize") as string });
    ebs.on(ListSnapshotBlocksCommand).resolves({ ...facts, VolumeSize: 65_537, Blocks: [] });
    await expect(openMocked()).rejects.toMatchObject({ code: "InvalidListing", message: expect.stringContaining("VolumeSize") as string });
    ebs.on(ListSnapshotBlocksCommand).resolves({ ...facts, Blocks: [], NextToken: "round" });
    await expect(openMocked().then((reader) => collect(reader.blocks()))).rejects.toMatchObject({ code: "InvalidListing", message: expect.stringContaining("does not end") as string });
  });

  it("drops the body of a block that its checksum says to be zeros", async () => {
    ebs.on(ListSnapshotBlocksCommand).resolves({ ...facts, Blocks: [{ BlockIndex: 0, BlockToken: "a" }] });
    const body = Readable.from([Buffer.alloc(blockSizeBytes)]);
    ebs.on(GetSnapshotBlockCommand).resolves({ BlockData: body as never, DataLength: blockSizeBytes, Checksum: zeroBlockSha256.toString("base64"), ChecksumAlgorithm: "SHA256" });
    const reader = await openMocked();
    const first = await reader.read({ index: 0, token: "a" });
    expect(first.sha256).toBe(zeroBlockSha256);
    expect(body.readableEnded).toBe(true);
  });

  it("takes no block whose checksum fits bytes that are too few", async () => {
    ebs.on(ListSnapshotBlocksCommand).resolves({ ...facts, Blocks: [] });
    const short = Buffer.from("short");
    ebs.on(GetSnapshotBlockCommand).callsFake(() => ({ BlockData: Readable.from([short]), DataLength: blockSizeBytes, Checksum: createHash("sha256").update(short).digest("base64"), ChecksumAlgorithm: "SHA256" }));
    const reader = await openMocked();
    await expect(reader.read({ index: 0, token: "a" })).rejects.toMatchObject({ name: "IntegrityError", code: "BlockDamaged" });
  });
});

it("streams a listing of a 64 TiB volume, one page ahead and no more", async () => {
  const client = new EBSClient({ region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  const ebs = mockClient(client);
  try {
    let listed = 0;
    const last = 2 ** 27 - 1;
    ebs.on(ListSnapshotBlocksCommand).callsFake(({ NextToken: from }: { readonly NextToken?: string }) => {
      listed += 1;
      const start = Number(from ?? 0);
      const end = Math.min(start + 4_000_000, last);
      return { VolumeSize: 65_536, BlockSize: blockSizeBytes, Blocks: [{ BlockIndex: end, BlockToken: "a" }], NextToken: end === last ? undefined : String(end + 1) };
    });
    const account = new AwsAccount({ region: "eu-west-1", clients: { ebs: client } });
    const reader = await openSnapshotReader({ ...bed.door(), calls: account.calls, ebs: clientsOf(account).ebs.lazy("eu-west-1") }, { snapshotId });
    expect(reader.volumeSizeBytes).toBe(2 ** 46);
    listed = 0;
    let seen = 0;
    const changes: BlockChange[] = [];
    for await (const reference of reader.blocks()) {
      seen += 1;
      changes[0] = reference;
      await new Promise((resolve) => setImmediate(resolve));
      expect(listed).toBeLessThanOrEqual(seen + 1);
    }
    expect(changes[0]?.index).toBe(last);
    expect(seen).toBe(listed);
  } finally {
    ebs.restore();
  }
});
