import { EBSClient, PutSnapshotBlockCommand } from "@aws-sdk/client-ebs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startScriptedEbs, type ScriptedEbsBed } from "../../../../test/support/scripted-ebs-bed.js";
import { blockSizeBytes, type BlockData, type Clock, type SnapshotWriterRequest } from "../../../ports/index.js";
import { blockDataOf, blockOf } from "../../../testing/block-content.js";
import { blockWriterConformance } from "../../../testing/block-writer-conformance.js";
import type { EbsSnapshotWriter } from "./ebs-snapshot-writer.js";
import { openSnapshotWriter } from "./open-snapshot-writer.js";
import { withUnsignedPayload } from "./unsigned-payload.js";

const gib = 2 ** 30;
const request: SnapshotWriterRequest = { region: "eu-west-1", volumeSizeBytes: gib, description: "restore", tags: { owner: "test" }, clientToken: "restore-1" };
let bed: ScriptedEbsBed;
let tokens = 0;

beforeAll(async () => {
  bed = await startScriptedEbs();
});
beforeEach(() => {
  Object.assign(bed.ebs, { unknownFor: 0, looksUntilCompleted: 0, endsAs: "completed" });
});
afterEach(() => {
  bed.faults.removeAll();
  bed.ebs.snapshots.clear();
});
afterAll(async () => {
  await bed.close();
});

async function open(changes: Partial<SnapshotWriterRequest> = {}, door: Parameters<ScriptedEbsBed["door"]>[0] = {}): Promise<EbsSnapshotWriter> {
  tokens += 1;
  return await openSnapshotWriter(bed.door(door), { ...request, clientToken: `restore-${tokens}`, ...changes });
}

/** What was written, by digests: comparing the blocks themselves takes the test runner seconds. */
function written(writer: EbsSnapshotWriter): [number, string][] {
  return digests([...(bed.ebs.snapshots.get(writer.target)?.written ?? [])].map(([index, data]) => blockDataOf(index, data)));
}

function digests(blocks: readonly BlockData[]): [number, string][] {
  return blocks.map(({ index, sha256 }): [number, string] => [index, sha256.toString("hex")]).sort(([a], [b]) => a - b);
}

/** A clock on which every wait is over at once. */
class JumpingClock implements Clock {
  nowMs = 0;

  now(): Date {
    return new Date(this.nowMs);
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    this.nowMs += ms;
  }
}

const content = [0, 3, 4, 17, 2047].map((index) => blockDataOf(index, blockOf(index)));
const contentEntries = digests(content);

describe("an EBS snapshot that is written", () => {
  blockWriterConformance({
    test: it,
    volumeSizeBytes: gib,
    open: async () => {
      const writer = await open();
      return {
        writer,
        readBack: async (index) => bed.ebs.snapshots.get(writer.target)?.blocks.get(index) ?? Buffer.alloc(blockSizeBytes),
        exists: async () => bed.ebs.snapshots.has(writer.target),
      };
    },
  });

  it("is started with the client token, the tags, the time limit and the parent", async () => {
    bed.ebs.add({ id: "snap-0abc", blocks: new Map([[5, blockOf("parent")]]) });
    const writer = await open({ parentSnapshotId: "snap-0abc", clientToken: "the-token" });
    expect(bed.ebs.snapshots.get(writer.target)?.start).toMatchObject({ ClientToken: "the-token", Tags: [{ Key: "owner", Value: "test" }], Timeout: 60, VolumeSize: 1, ParentSnapshotId: "snap-0abc" });
    await writer.write(content[0]!);
    expect(await writer.complete()).toEqual({ snapshotId: writer.target });
    expect([...(bed.ebs.snapshots.get(writer.target)?.blocks.keys() ?? [])].sort((a, b) => a - b)).toEqual([0, 5]);
  });

  it("goes on after a crash with the same token, and counts each block once", async () => {
    const first = await open({ clientToken: "crash" });
    for (const block of content.slice(0, 3)) await first.write(block);
    const second = await open({ clientToken: "crash" });
    expect(second.target).toBe(first.target);
    for (const block of content) await second.write(block);
    await second.complete();
    expect(written(second)).toEqual(contentEntries);
  });

  it("waits until a new snapshot is known everywhere", async () => {
    bed.ebs.unknownFor = 6;
    const writer = await open();
    await Promise.all(content.map((block) => writer.write(block)));
    await writer.complete();
    expect(written(writer)).toEqual(contentEntries);
  });

  it("says that it is gone when it was deleted later", async () => {
    const clock = new JumpingClock();
    const writer = await open({}, { clock });
    bed.ebs.snapshots.clear();
    clock.nowMs = 120_001;
    await expect(writer.write(content[0]!)).rejects.toMatchObject({ name: "ConflictError", code: "SnapshotNotWritable" });
  });

  it("is waited for until it is completed", async () => {
    bed.ebs.looksUntilCompleted = 1;
    const writer = await open();
    bed.calls.clear();
    await writer.complete();
    expect(bed.calls.count({ operation: "DescribeSnapshots" })).toBe(2);
  });

  it("fails where the snapshot ends in error", async () => {
    bed.ebs.endsAs = "error";
    const writer = await open();
    await expect(writer.complete()).rejects.toMatchObject({ name: "ProviderError", code: "SnapshotFailed" });
    await writer.abort();
    expect(bed.ebs.snapshots.has(writer.target)).toBe(false);
  });

  it("recognises a completion whose answer was lost", async () => {
    for (const kind of ["lost-response", "reset"] as const) {
      bed.faults.inject({ kind, operation: "CompleteSnapshot", times: 1 });
      const writer = await open();
      await writer.write(content[1]!);
      expect(await writer.complete()).toEqual({ snapshotId: writer.target });
      expect(bed.ebs.snapshots.get(writer.target)?.state).toBe("completed");
    }
  });

  it("fails where a completion was refused after a lost answer, and nothing comes of it", async () => {
    const writer = await open({}, { clock: new JumpingClock() });
    await writer.write(content[1]!);
    // So the count will be wrong.
    bed.ebs.snapshots.get(writer.target)?.written.clear();
    bed.faults.inject({ kind: "reset", operation: "CompleteSnapshot", times: 1 });
    await expect(writer.complete()).rejects.toMatchObject({ name: "ProviderError", code: "SnapshotFailed", operation: "CompleteSnapshot", message: expect.stringContaining("refused") as string });
    await writer.abort();
    expect(bed.ebs.snapshots.has(writer.target)).toBe(false);
  });

  it("goes on with a snapshot that another process began, and counts what that one wrote", async () => {
    const first = await open();
    await first.write(content[0]!);
    const second = await open({ snapshotId: first.target, clientToken: "another" });
    await second.write(content[1]!);
    await second.complete({ earlierBlocks: 1 });
    expect(bed.ebs.snapshots.size).toBe(1);
    expect(bed.ebs.snapshots.get(first.target)).toMatchObject({ state: "completed" });
  });

  it("fails where that one wrote less than it is said to have", async () => {
    const first = await open();
    const second = await open({ snapshotId: first.target });
    await second.write(content[1]!);
    await expect(second.complete({ earlierBlocks: 1 })).rejects.toMatchObject({ name: "ProviderError", code: "ProviderRefused", operation: "CompleteSnapshot" });
  });

  it("waits for a snapshot into which another process wrote everything, and which it sealed", async () => {
    const first = await open();
    await first.write(content[1]!);
    const second = await open({ snapshotId: first.target });
    await first.complete();
    expect(await second.complete({ earlierBlocks: 1 })).toEqual({ snapshotId: first.target });
  });

  it("fails where EBS finds that a block is missing", async () => {
    const writer = await open();
    await writer.write(content[1]!);
    bed.ebs.snapshots.get(writer.target)?.written.clear();
    await expect(writer.complete()).rejects.toMatchObject({ name: "ProviderError", code: "ProviderRefused", operation: "CompleteSnapshot" });
  });

  it("recognises a start whose answer was lost", async () => {
    bed.faults.inject({ kind: "lost-response", operation: "StartSnapshot", times: 1 });
    await open();
    expect(bed.ebs.snapshots.size).toBe(1);
  });

  for (const fault of [{ kind: "throttle", times: 3 }, { kind: "error" }, { kind: "reset" }, { kind: "lost-response" }, { kind: "corrupt-request" }, { kind: "stall", ms: 400 }] as const) {
    it(`is written byte for byte where some writes meet ${JSON.stringify(fault)}`, async () => {
      const writer = await open({}, { limits: { firstByteTimeoutMs: 150 } });
      // one for certain, and more by chance
      for (const often of [{ times: 1 }, { probability: 0.25 }]) bed.faults.inject({ ...fault, operation: "PutSnapshotBlock", ...often });
      const blocks = [...content, ...[100, 101, 102, 103, 104, 105].map((index) => blockDataOf(index, blockOf(index)))];
      await Promise.all(blocks.map((block) => writer.write(block)));
      await writer.complete();
      expect(written(writer)).toEqual(digests(blocks));
      expect(bed.faults.counts().at(-2)?.met).toBe(1);
    });
  }

  it("takes no block that is not what its digest says", async () => {
    const writer = await open();
    await expect(writer.write({ ...content[0]!, sha256: content[1]!.sha256 })).rejects.toMatchObject({ name: "IntegrityError", code: "BlockDamaged" });
    await expect(writer.write({ ...content[0]!, index: 2048 })).rejects.toMatchObject({ name: "ConfigurationError", code: "InvalidBlock" });
    await expect(writer.write({ ...content[0]!, data: Buffer.alloc(512) })).rejects.toMatchObject({ name: "ConfigurationError", code: "InvalidBlock" });
    expect(written(writer)).toEqual([]);
  });

  it("is not written any more once it is completed or given up", async () => {
    const writer = await open();
    await writer.complete();
    await expect(writer.write(content[0]!)).rejects.toMatchObject({ name: "IllegalStateError", code: "WriterClosed" });
    await writer.abort();
    expect(bed.ebs.snapshots.has(writer.target)).toBe(true);
    const other = await open();
    await other.abort();
    await other.abort();
    await expect(other.write(content[0]!)).rejects.toMatchObject({ name: "IllegalStateError", code: "WriterClosed" });
    await expect(other.complete()).rejects.toMatchObject({ name: "IllegalStateError", code: "WriterClosed" });
  });

  it("is not started where the token was used for something else, or up", async () => {
    const writer = await open({ clientToken: "used" });
    await expect(open({ clientToken: "used", description: "another" })).rejects.toMatchObject({ name: "ConflictError", code: "ClientTokenConflict" });
    await writer.complete();
    await expect(open({ clientToken: "used" })).rejects.toMatchObject({ name: "ConflictError", code: "SnapshotNotWritable" });
  });

  it("is not started on a parent that is missing or not completed", async () => {
    await expect(open({ parentSnapshotId: "snap-0def" })).rejects.toMatchObject({ name: "NotFoundError", code: "SnapshotNotFound", context: { snapshotId: "snap-0def" } });
    bed.ebs.add({ id: "snap-0def", state: "pending" });
    await expect(open({ parentSnapshotId: "snap-0def" })).rejects.toMatchObject({ name: "ConflictError", code: "SnapshotNotCompleted", retryable: true });
  });

  it("names what is wrong in the request, and calls nobody", async () => {
    const wrong: [Partial<SnapshotWriterRequest>, string][] = [
      [{ volumeSizeBytes: gib + 1 }, "volumeSizeBytes"],
      [{ volumeSizeBytes: 0 }, "volumeSizeBytes"],
      [{ volumeSizeBytes: 65_537 * gib }, "volumeSizeBytes"],
      [{ description: "x".repeat(256) }, "description"],
      [{ clientToken: "" }, "clientToken"],
      [{ clientToken: "x".repeat(65) }, "clientToken"],
      [{ parentSnapshotId: "vol-1" }, "parentSnapshotId"],
      [{ parentSnapshotId: "snap-0abc", encrypted: true }, "encrypted"],
      [{ encrypted: true, kmsKeyArn: "alias/mine" }, "kmsKeyArn"],
      [{ kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1" }, "encrypted"],
    ];
    bed.calls.clear();
    for (const [changes, name] of wrong) await expect(open(changes)).rejects.toMatchObject({ name: "ConfigurationError", context: { path: name } });
    expect(bed.calls.count()).toBe(0);
  });

  it("ends a write that is under way with the signal's reason", async () => {
    const writer = await open();
    bed.faults.inject({ kind: "stall", ms: 5000, operation: "PutSnapshotBlock" });
    const controller = new AbortController();
    const reason = new Error("enough");
    const write = writer.write(content[0]!, { signal: controller.signal });
    await expect.poll(() => bed.faults.counts().at(-1)?.met).toBe(1);
    controller.abort(reason);
    await expect(write).rejects.toBe(reason);
  });

  it("says how many snapshots may be pending where there are too many", async () => {
    bed.faults.inject({ kind: "error", code: "ConcurrentLimitExceededException", status: 400, operation: "StartSnapshot" });
    await expect(open({}, { limits: { totalTimeoutMs: 50 } })).rejects.toMatchObject({ name: "ProviderError", code: "TooManyPendingSnapshots", retryable: true });
  });
});

it("does not hash a block a second time to sign it", async () => {
  const block = content[0]!;
  const sent: Record<string, string>[] = [];
  const requestHandler = {
    handle: ({ headers }: { readonly headers: Record<string, string> }): Promise<never> => {
      sent.push(headers);
      return Promise.reject(new Error("seen"));
    },
  };
  const client = new EBSClient({ region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" }, requestHandler, maxAttempts: 1 });
  const command = withUnsignedPayload(new PutSnapshotBlockCommand({ SnapshotId: "snap-1", BlockIndex: 0, BlockData: block.data, DataLength: blockSizeBytes, Checksum: block.sha256.toString("base64"), ChecksumAlgorithm: "SHA256" }));
  await expect(client.send(command)).rejects.toThrow("seen");
  expect(sent[0]).toMatchObject({ "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-checksum": block.sha256.toString("base64"), "content-length": String(blockSizeBytes) });
  expect(sent[0]?.["authorization"]).toContain("x-amz-checksum;x-amz-checksum-algorithm;x-amz-content-sha256");
});
