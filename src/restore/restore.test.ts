import { createHash } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { key, noiseBlock, storageOf, textBlock } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import type { Blocks } from "../../test/support/memory-region.js";
import { Restore } from "../composition/restore.js";
import { ConflictError, HoldfastError, ProviderError } from "../errors/index.js";
import { Policy } from "../policy/policy.js";
import { blockSizeBytes, type SnapshotWriterRequest } from "../ports/index.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import { Repository } from "../repository/repository.js";
import { WorkerPool, type NotedRestore, type RestoreNote, type Workers } from "../workers/index.js";

let clock: ManualClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
let repository: Repository;
let restore: Restore;
let point: RestorePoint;
let root: Blocks;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
  clock = new ManualClock();
  cloud = new MemoryCloud(clock);
  store = new MemoryObjectStore();
  repository = await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
  restore = new Restore({ repository, account: cloud }, { clock });
  root = cloud.addVolume("vol-a1", { tags: { Name: "root", "aws:cloudformation:stack-id": "x" } }).blocks;
  root.set(0, textBlock("boot")).set(300, noiseBlock()).set(301, Buffer.alloc(blockSizeBytes)).set(2_047, textBlock("the end"));
  cloud.addVolume("vol-a2").blocks.set(1, noiseBlock());
  cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
  await new Policy({ name: "gold", account: cloud, include: [{ instance: "i-a" }], backup: { repository } }, { clock }).run();
  for await (const found of repository.restorePoints()) point = found;
  cloud.in("eu-west-1").snapshots.clear();
  cloud.calls.length = 0;
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function deny(operation: string): ProviderError {
  return new ProviderError(`${operation} is denied.`, { code: "AccessDenied", service: "ec2", operation });
}

/** What lies in the blocks that are not zero, by digest. */
function dataOf(blocks: Blocks): [number, string][] {
  const data = [...blocks].filter(([, bytes]) => !bytes.equals(Buffer.alloc(blockSizeBytes)));
  return data.map(([index, bytes]): [number, string] => [index, createHash("sha256").update(bytes).digest("hex")]).sort(([a], [b]) => a - b);
}

const makingCalls = ["openSnapshotWriter", "createVolume"];

describe("what is known outside this process of a restore", () => {
  /** Workers of this process, who keep a note as those on EC2 do. */
  function noting({ made }: { readonly made?: () => void } = {}): { readonly workers: Workers; readonly told: string[] } {
    const told: string[] = [];
    const say = (what: string): void => void told.push(cloud.calls.some((call) => call.startsWith("openSnapshotWriter ")) ? `after the first snapshot: ${what}` : what);
    const noteRestore = async ({ tags, region, restoreId }: NotedRestore): Promise<RestoreNote> => {
      say(`noted in ${region}: ${Object.keys(tags).join(", ")}${restoreId ?? ""}`);
      return await Promise.resolve({
        doubt: () => say("in doubt"),
        made: async () => {
          say("made");
          await Promise.resolve(made?.());
        },
        end: async () => {
          say("ended");
          await Promise.resolve();
        },
      });
    };
    return { workers: Object.assign(WorkerPool.inProcess(), { noteRestore, tagsFor: () => ({ owner: "app-1" }) }), told };
  }
  const noted = "noted in eu-west-1: holdfast:session, holdfast:restore-point, holdfast:source-volume";
  const after = (what: string): string => `after the first snapshot: ${what}`;
  const unreachable = new ProviderError("the answer got lost", { code: "Unreachable", retryable: true, service: "ebs", operation: "StartSnapshot" });

  it("is said before its first snapshot, and unsaid at its end; a snapshot that stays is given away before", async () => {
    for (const [keepSnapshot, told] of [[false, [noted, after("ended")]], [true, [noted, after("made"), after("ended")]]] as const) {
      const note = noting();
      const { snapshotId } = await new Restore({ repository, account: cloud, workers: note.workers }, { clock }).volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a", keepSnapshot });
      expect(note.told).toEqual(told);
      // as those of a backup, it has the pool's tags
      if (keepSnapshot) expect(cloud.in("eu-west-1").snapshots.get(snapshotId ?? "")?.description.tags).toMatchObject({ owner: "app-1" });
      cloud.calls.length = 0;
    }
    const note = noting();
    await new Restore({ repository, account: cloud, workers: note.workers }, { clock }).snapshot(point, { volume: "vol-a1" });
    expect(note.told).toEqual([noted, after("made"), after("ended")]);
  });

  it.each([
    ["openSnapshotWriter", unreachable, [noted, after("in doubt"), after("ended")]],
    // of what was refused nothing is there
    ["openSnapshotWriter", deny("StartSnapshot"), [noted, after("ended")]],
    ["write", unreachable, [noted, after("ended")]],
    ["deleteSnapshot", deny("DeleteSnapshot"), [noted, after("in doubt"), after("ended")]],
  ])("stays where something may be left: %s that fails with %o", async (operation, error, told) => {
    cloud.onCall = (called) => {
      if (called === operation) throw error;
    };
    const note = noting();
    await new Restore({ repository, account: cloud, workers: note.workers }, { clock }).volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a" }).catch(() => undefined);
    expect(note.told).toEqual(told);
  });

  it("never tells a snapshot as a result that a reaping has taken", async () => {
    const reaped = new ConflictError("reaped", { code: "RestoreReaped", retryable: true });
    const note = noting({
      made: () => {
        throw reaped;
      },
    });
    const restoring = new Restore({ repository, account: cloud, workers: note.workers }, { clock });
    await expect(restoring.snapshot(point, { volume: "vol-a1" })).rejects.toBe(reaped);
    await expect(restoring.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a", keepSnapshot: true })).rejects.toBe(reaped);
    expect(cloud.snapshotIds()).toEqual([]);
    expect(cloud.in("eu-west-1").volumes.size).toBe(2);
  });
});

describe("restoring a volume", () => {
  it("makes a volume with the same blocks, type and tags, and leaves nothing else", async () => {
    const session = restore.volume(point, { volume: "vol-a1", availabilityZone: "eu-central-1b" });
    const types: string[] = [];
    for await (const { type } of session) types.push(type);
    const result = await session;
    const { description, blocks } = cloud.in("eu-central-1").volumes.get(result.volumeId)!;
    expect(dataOf(blocks)).toEqual(dataOf(root));
    expect(description).toMatchObject({ availabilityZone: "eu-central-1b", volumeType: "gp3", iops: 3_000, throughputMiBps: 125, sizeBytes: 2 ** 30 });
    expect(description.tags).toEqual({ Name: "root", "holdfast:session": session.id, "holdfast:restore-point": point.id, "holdfast:source-volume": "vol-a1" });
    expect(result).toMatchObject({ session: session.id, restorePoint: point.id, sourceVolume: "vol-a1", region: "eu-central-1", blocks: 3, bytes: 3 * blockSizeBytes });
    expect(result.snapshotId).toBeUndefined();
    expect(cloud.snapshotIds("eu-central-1")).toEqual([]);
    expect(types.filter((type) => type !== "restore:progress")).toEqual(["session:started", "restore:started", "snapshot:completed", "volume:created", "volume:available", "snapshot:removed", "session:ended"]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it("takes what is asked for, and keeps the snapshot where that is asked", async () => {
    const kmsKeyId = "arn:aws:kms:eu-west-1:111122223333:key/1";
    const result = await restore.volume(point.id, { volume: "vol-a1", availabilityZone: "eu-west-1a", volumeType: "io2", sizeGib: 5, iops: 500, kmsKeyId, tags: { a: "b" }, keepSnapshot: true });
    const { description } = cloud.in("eu-west-1").volumes.get(result.volumeId)!;
    expect(description).toMatchObject({ volumeType: "io2", sizeBytes: 5 * 2 ** 30, iops: 500, encrypted: true, kmsKeyId, tags: { a: "b" } });
    expect(description.throughputMiBps).toBeUndefined();
    expect(cloud.snapshotIds()).toEqual([result.snapshotId]);
  });

  it("writes a snapshot alone, which stays, tagged as the volume was", async () => {
    const plan = await restore.planSnapshot(point, { volume: "vol-a1" });
    expect(plan).toMatchObject({ kind: "snapshot", snapshot: { region: "eu-west-1", sizeBytes: 2 ** 30, tags: { Name: "root" } }, putSnapshotBlockCalls: 3 });
    const session = restore.snapshot(point, { volume: "vol-a1" });
    const result = await session;
    expect(result).toMatchObject({ sourceVolume: "vol-a1", region: "eu-west-1", sizeBytes: 2 ** 30, blocks: 3 });
    const { description, blocks } = cloud.in("eu-west-1").snapshots.get(result.snapshotId)!;
    expect(dataOf(new Map(blocks))).toEqual(dataOf(root));
    expect(description).toMatchObject({ state: "completed", tags: { Name: "root", "holdfast:session": session.id } });
    expect(cloud.count("createVolume")).toBe(0);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it.each<[string, object, RegExp]>([
    ["a type that EC2 does not have", { volumeType: "gp9" }, /^volumeType: must be one of gp2, gp3/],
    ["a size below the original's", { sizeGib: 0 }, /^sizeGib: must be a whole number from 1/],
    ["a size that the type does not have", { volumeType: "st1" }, /^sizeGib: must be from 125 to 16384 GiB for st1/],
    ["io2 without IOPS", { volumeType: "io2", sizeGib: 4 }, /^iops: must be chosen for io2/],
    ["IOPS for gp2", { volumeType: "gp2", iops: 3_000 }, /^iops: cannot be chosen for gp2/],
    ["too few IOPS", { iops: 100 }, /^iops: must be from 3000 to 80000 for gp3/],
    ["too many IOPS for the size", { iops: 4_000 }, /^iops: must be at most 500 for 1 GiB of gp3/],
    ["too much throughput for the IOPS", { throughputMiBps: 800 }, /^throughputMiBps: must be at most 750 for 3000 IOPS/],
    ["a throughput for io1", { volumeType: "io1", sizeGib: 4, iops: 100, throughputMiBps: 125 }, /^throughputMiBps: cannot be chosen for io1/],
    ["an initialisation rate beyond EC2's", { initializationRateMiBps: 50 }, /^initializationRateMiBps: must be a whole number from 100 to 300/],
  ])("refuses %s by its path, before anything is made", async (_what, options, expected) => {
    await expect((async () => await restore.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a", ...options }))()).rejects.toThrow(expected);
    await expect((async () => await restore.planVolume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a", ...options }))()).rejects.toMatchObject({ name: "ConfigurationError" });
    for (const operation of makingCalls) expect(cloud.count(operation)).toBe(0);
  });

  it("encrypts what was encrypted, unless told otherwise, and keeps all of fifty tags", async () => {
    const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, number) => [`key ${String(number)}`, "value"]));
    const disk = cloud.addVolume("vol-c", { tags: fifty });
    disk.description = { ...disk.description, encrypted: true, kmsKeyId: "arn:aws:kms:eu-west-1:111122223333:key/1" };
    await new Policy({ name: "silver", account: cloud, include: [{ volume: "vol-c" }], backup: { repository } }, { clock }).run();
    let encrypted = point;
    for await (const found of repository.restorePoints({ resource: "111122223333/eu-west-1/vol-c" })) encrypted = found;
    const descriptionOf = async (options: object): Promise<unknown> => {
      const { volumeId } = await restore.volume(encrypted, { availabilityZone: "eu-central-1a", ...options });
      return cloud.in("eu-central-1").volumes.get(volumeId)?.description;
    };
    expect(await descriptionOf({})).toMatchObject({ encrypted: true, kmsKeyId: undefined, tags: fifty });
    expect(await descriptionOf({ encrypted: false })).toMatchObject({ encrypted: false });
  });

  it.each<[string, () => unknown, object]>([
    ["an ambiguous volume", () => restore.volume(point, { availabilityZone: "eu-west-1a" }), { code: "AmbiguousVolume" }],
    ["a volume that is not in the point", () => restore.volume(point, { volume: "vol-1", availabilityZone: "eu-west-1a" }), { name: "NotFoundError", code: "VolumeNotInPoint" }],
    ["a point that is not there", () => restore.volume(`${"0".repeat(32)}-${"0".repeat(20)}`, { volume: "vol-a1", availabilityZone: "eu-west-1a" }), { name: "NotFoundError", code: "RestorePointNotFound" }],
    ["a zone that is not there", () => restore.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1x" }), { name: "ConfigurationError", context: { path: "availabilityZone" } }],
    ["no zone", () => restore.volume(point, JSON.parse('{ "volume": "vol-a1" }') as { availabilityZone: string }), { name: "ConfigurationError", context: { path: "availabilityZone" } }],
    ["a zone that does not tell its region", () => restore.volume(point, { volume: "vol-a1", availabilityZone: "us-west-2-lax-1a" }), { context: { path: "availabilityZone" } }],
    ["a key with encryption off", () => restore.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a", encrypted: false, kmsKeyId: "arn:aws:kms:eu-west-1:111122223333:key/1" }), { context: { path: "kmsKeyId" } }],
    ["an unknown option", () => restore.volume(point, { availabilityZone: "eu-west-1a", ...{ zone: "x" } }), { message: /zone: is no option of a volume's restore/ }],
    ["no account", () => new Restore({ repository }).volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a" }), { name: "ConfigurationError", context: { path: "account" } }],
  ])("refuses %s before anything is made", async (_what, begin, expected) => {
    const { message, ...facts } = expected as { message?: RegExp };
    const failed = expect((async () => await begin())()).rejects;
    await failed.toMatchObject(facts);
    if (message !== undefined) await expect((async () => await begin())()).rejects.toThrow(message);
    for (const operation of makingCalls) expect(cloud.count(operation)).toBe(0);
  });

  it.each(["write", "complete", "createVolume", "waitForVolume"])("removes everything when %s fails", async (failing) => {
    cloud.onCall = (operation) => {
      if (operation === failing) throw deny(operation);
    };
    const before = [...cloud.in("eu-west-1").volumes.keys()];
    await expect(restore.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a", keepSnapshot: true })).rejects.toMatchObject({ code: "AccessDenied" });
    expect(cloud.snapshotIds()).toEqual([]);
    expect([...cloud.in("eu-west-1").volumes.keys()]).toEqual(before);
  });

  it("removes everything after an abort, and rejects with its reason", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    cloud.onCall = (operation) => {
      if (operation === "write") controller.abort(reason);
    };
    await expect(restore.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a", signal: controller.signal })).rejects.toBe(reason);
    expect(cloud.snapshotIds()).toEqual([]);
    expect(cloud.count("createVolume")).toBe(0);
  });

  it.each([
    ["whose caller gave up meanwhile", () => new Error("stop")],
    ["whose answer got lost", () => new ProviderError("the answer got lost", { code: "Unreachable", retryable: true, service: "ebs", operation: "StartSnapshot" })],
  ])("takes back a snapshot that was begun by a request %s", async (_how, failure) => {
    const [controller, error] = [new AbortController(), failure()];
    let isLost = true;
    const lossy = Object.assign(Object.create(cloud) as MemoryCloud, {
      openSnapshotWriter: async (request: SnapshotWriterRequest) => {
        const writer = await cloud.openSnapshotWriter(request);
        if (!isLost) return writer;
        isLost = false;
        expect(cloud.snapshotIds()).toHaveLength(1);
        if (!HoldfastError.isInstance(error)) controller.abort(error);
        throw error;
      },
    });
    const restoring = new Restore({ repository, account: lossy }, { clock });
    await expect(restoring.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a", signal: controller.signal })).rejects.toBe(error);
    expect(cloud.snapshotIds()).toEqual([]);
  });

  it("says what it could not remove, and hides no success by it", async () => {
    cloud.onCall = (operation) => {
      if (operation === "deleteSnapshot") throw deny(operation);
    };
    const session = restore.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a" });
    const left: string[] = [];
    for await (const event of session) if (event.type === "restore:left") left.push(event.what);
    const { snapshotId } = await session;
    expect(left).toEqual([snapshotId]);
    expect(cloud.snapshotIds()).toEqual([snapshotId]);
  });

  it("writes no block that is damaged in the repository", async () => {
    for (const [name, body] of store.objects) if (name.startsWith("packs/")) body.writeUInt8(body.readUInt8(5_000) ^ 1, 5_000);
    await expect(restore.volume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a" })).rejects.toMatchObject({ name: "IntegrityError" });
    expect(cloud.snapshotIds()).toEqual([]);
  });
});

describe("restoring an image", () => {
  it("writes the volume byte for byte, sparse", async () => {
    const path = join(folder, "disk.img");
    const session = restore.image(point, { volume: "vol-a1", path });
    const progress: number[] = [];
    for await (const event of session) if (event.type === "restore:progress") progress.push(event.fraction);
    expect(await session).toMatchObject({ path, sizeBytes: 2 ** 30, blocks: 3, bytes: 3 * blockSizeBytes, sourceVolume: "vol-a1" });
    expect(progress.at(-1)).toBe(1);
    const { size, blocks } = await stat(path);
    expect(size).toBe(2 ** 30);
    // what is no data is a hole: the file takes no more room than its data
    expect(blocks * 512).toBeLessThanOrEqual(4 * blockSizeBytes);
    const image = await open(path);
    const block = Buffer.alloc(blockSizeBytes);
    for (const index of [0, 1, 299, 300, 301, 302, 2_046, 2_047]) {
      await image.read(block, 0, blockSizeBytes, index * blockSizeBytes);
      expect(block.equals(root.get(index) ?? Buffer.alloc(blockSizeBytes))).toBe(true);
    }
    await image.close();
  });

  it("needs no account, and replaces a file only when told to", async () => {
    const path = join(folder, "disk.img");
    await writeFile(path, "precious");
    const plain = new Restore({ repository });
    await expect(plain.image(point, { volume: "vol-a2", path })).rejects.toMatchObject({ code: "ImageExists" });
    expect(await readFile(path, "utf8")).toBe("precious");
    expect(await plain.image(point, { volume: "vol-a2", path, overwrite: true })).toMatchObject({ blocks: 1 });
    expect((await stat(path)).size).toBe(2 ** 30);
  });

  it("leaves nothing where the path is wrong, the data damaged, or the caller gone", async () => {
    await expect(restore.image(point, { volume: "vol-a1", path: join(folder, "no", "such", "folder") })).rejects.toMatchObject({ name: "ProviderError", context: { path: join(folder, "no", "such", "folder") } });
    await expect(restore.image(point, { volume: "vol-a1", path: join(folder, "a.img"), signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow("gone");
    expect(() => restore.image(point, { volume: "vol-a1", path: "" })).toThrow("path: must be the path of the image file.");
    expect(() => restore.image(point, { path: "a", ...{ format: "qcow2" } } as never)).toThrow(/format: must be "raw"/);
    for (const name of store.objects.keys()) if (name.startsWith("packs/")) store.objects.delete(name);
    await expect(restore.image(point, { volume: "vol-a1", path: join(folder, "a.img") })).rejects.toMatchObject({ code: "ObjectNotFound" });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a restore's plan", () => {
  it("says what will be made and read, in JSON, and makes nothing", async () => {
    const plan = await restore.planVolume(point, { volume: "vol-a1", availabilityZone: "eu-west-1a" });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan).toMatchObject({ kind: "volume", source: { restorePoint: point.id, volume: "vol-a1", sizeBytes: 2 ** 30, blocks: 3, dataBytes: 3 * blockSizeBytes }, volume: { volumeType: "gp3", iops: 3_000, sizeBytes: 2 ** 30, tags: { Name: "root" } }, putSnapshotBlockCalls: 3, keepSnapshot: false });
    expect(plan.source.storeBytes).toBeGreaterThan(blockSizeBytes);
    expect(plan.source.storeReads).toBeGreaterThan(0);
    expect(plan.findings).toEqual([]);
    expect(plan.quotas).toEqual([{ name: "Storage for gp3 volumes", code: "L-7A658B76", needed: 0.001, unit: "TiB" }, { name: "Snapshots per Region", code: "L-309BACF6", needed: 1, unit: "snapshots" }]);
    expect(plan.actions).toContain("ebs:PutSnapshotBlock");
    expect(plan.actions).not.toContain("kms:CreateGrant");
    expect(plan.estimate).toMatchObject({ currency: "USD", seconds: 120 });
    expect(plan.estimate.assumptions[0]).toContain("list prices of eu-west-1 of ");
    const kmsKeyId = "arn:aws:kms:eu-central-1:111122223333:key/1";
    const elsewhere = { volume: "vol-a1", availabilityZone: "eu-west-1a", kmsKeyId, parentSnapshotId: "snap-0abc" };
    expect((await restore.planVolume(point, elsewhere)).findings.map(({ severity, code, path }) => `${severity} ${code} ${path}`)).toEqual(["error KeyElsewhere kmsKeyId", "warning NotOverParent parentSnapshotId"]);
    await expect(restore.volume(point, elsewhere)).rejects.toMatchObject({ code: "NotRestorable", context: { path: "kmsKeyId", finding: "KeyElsewhere" } });
    expect(await restore.planImage(point, { volume: "vol-a2", path: join(folder, "x.img") })).toMatchObject({ kind: "image", image: { format: "raw", sizeBytes: 2 ** 30, overwrite: false }, source: { blocks: 1 } });
    for (const operation of makingCalls) expect(cloud.count(operation)).toBe(0);
    expect(await readdir(folder)).toEqual([]);
    expect(inspect(restore)).toBe("Restore from memory");
  });
});

describe("what is no restore point", () => {
  it.each([undefined, { session: "the result of a run", resources: [] }, new Promise(() => undefined)])("is refused by its path in every call that takes one: %j", async (given) => {
    const wrong = given as unknown as RestorePoint;
    const path = join(folder, "never.img");
    const calls: (() => unknown)[] = [
      () => restore.volume(wrong, { volume: "vol-a1", availabilityZone: "eu-west-1a" }),
      () => restore.image(wrong, { path }),
      () => restore.planImage(wrong, { path }),
      () => restore.planOpening(wrong),
      () => restore.blockDevice(wrong),
      () => restore.files(wrong),
      () => restore.verify(wrong),
      () => repository.remove(wrong),
      () => repository.pin([wrong]),
    ];
    for (const call of calls) await expect((async () => await call())()).rejects.toMatchObject({ code: "InvalidOption", context: { path: "point" } });
  });
});
