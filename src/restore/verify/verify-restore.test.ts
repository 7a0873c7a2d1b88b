import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { key, noiseBlock, storageOf } from "../../../test/support/backup-world.js";
import { backUpImage } from "../../../test/support/image-world.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { Restore } from "../../composition/restore.js";
import { blockSizeBytes } from "../../ports/index.js";
import { Repository } from "../../repository/repository.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import { FakeClock } from "../../testing/fake-clock.js";
import type { ByteSource } from "../bytes/byte-source.js";
import { checkExt } from "./check-ext.js";
import { bootMissing } from "./boot-disk.js";

let folder: string;
let path: string;
let store: MemoryObjectStore;
let clock: FakeClock;
let repository: Repository;
let point: RestorePoint;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
  path = join(folder, "disk.img");
  const file = await open(path, "w");
  await file.truncate(400 * blockSizeBytes);
  for (let index = 0; index < 60; index++) await file.write(noiseBlock(), 0, blockSizeBytes, (index * 5 + 1) * blockSizeBytes);
  await file.close();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  store = new MemoryObjectStore();
  clock = new FakeClock({ startAt: new Date("2026-03-01T12:00:00Z") });
  repository = await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
  point = await backUpImage(repository, path);
});

async function kept(of: RestorePoint = point): Promise<unknown[]> {
  const found = [];
  for await (const one of of.verifications()) found.push(one);
  return found;
}

function damageFirstPack(at: number): void {
  const [, body] = [...store.objects].find(([name]) => name.startsWith("packs/"))!;
  body.writeUInt8(body.readUInt8(at) ^ 1, at);
}

describe("a verified restore", () => {
  it("proves as many blocks as asked, or all, and keeps with the point what it found", async () => {
    const some = await new Restore({ repository }).verify(point, { blocks: 20 });
    expect(some).toMatchObject({ restorePoint: point.id, isVerified: true, failures: [], volumes: [{ volume: "disk", blocks: 60, comparedBlocks: 20, damagedBlocks: [], measuredBy: "reading" }], fileSystems: [] });
    expect(some.volumes[0]!.restoreMs).toBeGreaterThan(0);
    const all = await new Restore({ repository }).verify(point.id, { blocks: "all" });
    expect(all.volumes[0]!.comparedBlocks).toBe(60);
    expect(await kept(await (await Repository.open({ storage: storageOf(store), encryption: { key } })).restorePoint(point.id))).toEqual([some, all]);
    for (const [name, body] of store.objects) if (name.startsWith("verified/")) expect(body.includes("disk")).toBe(false);
  });

  it("names damaged blocks, and proves the others beside them", async () => {
    damageFirstPack(blockSizeBytes + 5_000);
    const result = await new Restore({ repository }).verify(point, { blocks: "all" });
    expect(result).toMatchObject({ isVerified: false, volumes: [{ comparedBlocks: 59, damagedBlocks: [6] }] });
    expect(result.failures).toEqual([expect.stringContaining("disk: 1 of the blocks that were read are damaged, the first is 6")]);
  });

  it("in quarantine, a disk that cannot be restored is a failure, and nothing is left of it", async () => {
    const quarantine = await mkdtemp(join(folder, "quarantine-"));
    expect(await new Restore({ repository }).verify(point, { quarantine })).toMatchObject({ isVerified: true, volumes: [{ measuredBy: "restore", comparedBlocks: 60 }] });
    damageFirstPack(blockSizeBytes + 5_000);
    const result = await new Restore({ repository }).verify(point, { quarantine });
    expect(result).toMatchObject({ isVerified: false, volumes: [{ comparedBlocks: 0, damagedBlocks: [6] }] });
    expect(await readdir(quarantine)).toEqual([]);
  });

  it("leaves what it found with its point: gone with it, and not in a copy", async () => {
    await new Restore({ repository }).verify(point, { blocks: 1 });
    const target = await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: { key } });
    const { points } = await repository.copy(point, target);
    expect(await kept(await target.restorePoint(points[0]!.copy))).toEqual([]);
    const verifications = (): string[] => [...store.objects.keys()].filter((name) => name.startsWith("verified/"));
    expect(verifications()).toHaveLength(1);
    const [name] = verifications();
    const body = store.objects.get(name!)!;
    await repository.remove(point, { evenNewest: true });
    expect(verifications()).toEqual([]);
    // what came too late is removed by the next collection, and what belongs to a point stays
    await store.put(name!, Buffer.from(body));
    const other = await backUpImage(repository, path, "other");
    await new Restore({ repository }).verify(other, { blocks: 1 });
    await repository.collectGarbage();
    expect(verifications()).toHaveLength(1);
    expect(await kept(other)).toHaveLength(1);
  });

  it("gives its result where it cannot be kept, and says so", async () => {
    const put = store.put.bind(store);
    store.put = async (name, ...rest) => {
      if (name.startsWith("verified/")) throw new (await import("../../errors/index.js")).ProviderError("denied", { code: "AccessDenied", service: "s3", operation: "PutObject" });
      return await put(name, ...rest);
    };
    const session = new Restore({ repository }).verify(point, { blocks: 4 });
    const types: string[] = [];
    for await (const { type } of session) types.push(type);
    expect(types).toEqual(["session:started", "verify:started", "volume:verified", "verify:unrecorded", "session:ended"]);
    expect(await session).toMatchObject({ isVerified: true });
  });

  it("ends at once with its signal, also where the store does not answer while file systems are looked for", async () => {
    const image = join(folder, "formatted.img");
    await writeFile(image, gunzipSync(await readFile(new URL("../../../test/fixtures/disk.img.gz", import.meta.url))));
    const formatted = await backUpImage(repository, image, "formatted");
    const get = store.get.bind(store);
    const stop = new AbortController();
    store.get = async (name, ...rest) => {
      if (!name.startsWith("packs/")) return await get(name, ...rest);
      queueMicrotask(() => stop.abort(new Error("gave up")));
      return await new Promise<never>(() => undefined);
    };
    await expect(new Restore({ repository }).verify(formatted, { blocks: 0, signal: stop.signal })).rejects.toThrow("gave up");
    store.get = get;
    expect(await kept(formatted)).toEqual([]);
  });

  it("names wrong options by their path before anything is read", async () => {
    const restore = new Restore({ repository });
    expect(() => restore.verify(point, { blocks: -1 })).toThrow(expect.objectContaining({ context: { path: "blocks" } }));
    expect(() => restore.verify(point, { boot: { send: "x" } })).toThrow(/boot/);
    expect(() => restore.verify(point, { ...({ fsck: true } as object) })).toThrow("fsck");
    expect(() => restore.verify(point, { files: [{ path: "a", sha256: "b" }] })).toThrow(expect.objectContaining({ context: { path: "files[0].sha256" } }));
    await expect(restore.verify(point, { boot: { volume: "vol-x" } })).rejects.toMatchObject({ context: { path: "boot.volume" } });
    if ((await bootMissing()) !== undefined) await expect(restore.verify(point, { boot: true })).rejects.toMatchObject({ code: "QemuMissing" });
  });
});

describe("the check of an ext file system without its own program", () => {
  const source = (bytes: Buffer): ByteSource => ({ sizeBytes: bytes.length, read: (offset, length) => Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length))), extents: () => Promise.resolve([]) });
  const options = { signal: new AbortController().signal };

  it("compares the checksums of superblock and groups, and walks all folders", async () => {
    const disk = gunzipSync(await readFile(new URL("../../../test/fixtures/disk.img.gz", import.meta.url)));
    const start = disk.readUInt32LE(446 + 8) * 512;
    const partition = disk.toString("latin1", 512, 520) === "EFI PART" ? disk.subarray(Number(disk.readBigUInt64LE(1024 + 32)) * 512) : disk.subarray(start);
    expect(await checkExt(source(partition), options)).toEqual([]);
    const blockBytes = 1024 << partition.readUInt32LE(1024 + 0x18);
    const damaged = Buffer.from(partition);
    damaged.writeUInt8(damaged.readUInt8(1024 + 0x60 + 0x30) ^ 1, 1024 + 0x60 + 0x30);
    damaged.writeUInt8(damaged.readUInt8(blockBytes * (blockBytes === 1024 ? 2 : 1) + 0x0c) ^ 1, blockBytes * (blockBytes === 1024 ? 2 : 1) + 0x0c);
    expect(await checkExt(source(damaged), options)).toEqual(["the superblock's checksum is wrong", "the descriptors of 1 groups have wrong checksums: 0"]);
  });
});
