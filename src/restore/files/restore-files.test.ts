import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { all } from "../../../test/support/all.js";
import { key, storageOf } from "../../../test/support/backup-world.js";
import { backUpImage } from "../../../test/support/image-world.js";
import { listAll, type ListedFile } from "../../../test/support/listed-file.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { Restore } from "../../composition/restore.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import { Repository } from "../../repository/repository.js";
import type { FileEntry } from "./file-entry.js";
import type { FileSystem } from "./file-system.js";
import type { RestoreFiles } from "./restore-files.js";

const fixtures = new URL("../../../test/fixtures/", import.meta.url);
const id = "disk/1";
/** Where the partition's superblock lies. */
const extOffset = 2 ** 20 + 1024;

let folder: string;
let disk: Buffer;
let store: MemoryObjectStore;
let repository: Repository;
let point: RestorePoint;
let files: RestoreFiles;
let fileSystem: FileSystem;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
  disk = gunzipSync(await readFile(new URL("disk.img.gz", fixtures)));
  store = new MemoryObjectStore();
  repository = await Repository.create({ storage: storageOf(store), encryption: { key } });
  point = await backUp(disk);
  files = await new Restore({ repository }).files(point);
  fileSystem = files.fileSystem(id);
});
afterAll(async () => {
  await files.close();
  expect([...store.objects.keys()].filter((name) => name.startsWith("sess/"))).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

async function backUp(image: Buffer): Promise<RestorePoint> {
  const path = join(folder, "disk.img");
  await writeFile(path, image);
  return await backUpImage(repository, path);
}

async function contentOf(path: string, range?: { readonly start?: number; readonly end?: number }): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of fileSystem.read(path, range)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("opening", () => {
  it("ends with the signal of who asked, of the volumes and of a file system, and can be asked for again", async () => {
    const restore = new Restore({ repository });
    const controllers = [new AbortController(), new AbortController()];
    const get = store.get.bind(store);
    try {
      let isReading = false;
      store.get = async (...given) => {
        if (given[0].startsWith("packs/") && isReading) for (const controller of controllers) controller.abort(new Error("gave up"));
        return await get(...given);
      };
      isReading = true;
      await expect(restore.files(point, { signal: controllers[0]?.signal })).rejects.toThrow("gave up");
      isReading = false;
      controllers[1] = new AbortController();
      await using again = await restore.files(point);
      isReading = true;
      await expect(again.fileSystem(id).stat("/", { signal: controllers[1].signal })).rejects.toThrow("gave up");
      isReading = false;
      expect((await again.fileSystem(id).stat("/")).kind).toBe("folder");
    } finally {
      store.get = get;
    }
  });
});

describe("the files of a restore point", () => {
  it("are, each with its content and facts, what the kernel shows after e2fsck has replayed the journal", async () => {
    const expected = JSON.parse(gunzipSync(await readFile(new URL("disk.listing.json.gz", fixtures))).toString()) as ListedFile[];
    const found = await listAll(fileSystem);
    expect(found.size).toBe(expected.length);
    for (const file of expected) expect(found.get(file.name)).toEqual({ ...file, kind: file.kind.replace(" empty", ""), sizeBytes: file.kind === "directory" ? "" : file.sizeBytes });
  });

  it("come from file systems that say what they are and what reads them", () => {
    expect(JSON.parse(JSON.stringify(files.fileSystems))).toEqual([{ id, volume: "disk", partition: 1, type: "ext", label: "fixture", uuid: fileSystem.uuid, sizeBytes: 20 * 2 ** 20, engine: "ext" }]);
    expect(inspect(files)).toContain('FileSystem disk/1 ext "fixture", 20971520 bytes, read by ext');
    expect(files.fileSystem()).toBe(fileSystem);
    expect(() => files.fileSystem("disk/9")).toThrow(/no file system disk\/9 .* it has disk\/1 \(ext\)/);
  });

  it("are listed, looked at and read by range, holes as zeros", async () => {
    expect((await all(fileSystem.list("/etc"))).map(({ name }) => name).sort()).toEqual(["deep", "hard", "hello.txt", "numbers", "relative"]);
    expect(await fileSystem.stat("etc/hello.txt")).toMatchObject({ path: "etc/hello.txt", name: "hello.txt", kind: "file", sizeBytes: 6, mode: 0o4751, linkCount: 2 });
    expect(await fileSystem.stat("/")).toMatchObject({ path: "", kind: "folder" });
    expect((await contentOf("/etc/deep/journalled")).toString()).toBe("only the journal knows\n");
    expect((await contentOf("sparse", { start: 1_499_990, end: 1_500_010 })).toString("latin1")).toBe(`${"\0".repeat(10)}middle${"\0".repeat(4)}`);
    expect(await contentOf("sparse", { start: 5_000_000 })).toHaveLength(0);
    expect(await contentOf("etc/numbers", { start: 50_000, end: 60_000 })).toEqual((await contentOf("etc/numbers")).subarray(50_000, 60_000));
  });

  it("are found by name, and compared with a later point", async () => {
    expect((await all(fileSystem.search({ name: "HELLO" }))).map(({ path }) => path)).toEqual(["etc/hello.txt"]);
    expect(await all(fileSystem.search({ name: /-7\d$/, path: "many" }))).toHaveLength(10);
    // without the mark that it needs recovery, the image shows what was in place before the journal's last transaction
    const unrecovered = Buffer.from(disk);
    unrecovered.writeUInt8(unrecovered.readUInt8(extOffset + 0x60) & ~4, extOffset + 0x60);
    await using earlier = await new Restore({ repository }).files(await backUp(unrecovered));
    const differences = await all(earlier.fileSystem(id).compareWith(fileSystem));
    expect(differences.map(({ path, change }) => [path, change])).toEqual([
      ["etc/deep/er", "removed"],
      ["etc/deep/journalled", "added"],
      ["etc/deep/renamed", "added"],
      ["many/a-rather-long-name-of-a-file-that-fills-folders-7", "removed"],
    ]);
  });

  it("that are not there, or not of the kind, are told by their path; links are never followed", async () => {
    await expect(fileSystem.stat("/etc/nothing")).rejects.toMatchObject({ code: "FileNotFound", context: { path: "etc/nothing" } });
    await expect(all(fileSystem.list("/etc/hello.txt"))).rejects.toMatchObject({ code: "NotAFolder" });
    await expect(contentOf("/etc")).rejects.toMatchObject({ code: "NotAFile" });
    await expect(contentOf("/absolute")).rejects.toMatchObject({ code: "NotAFile" });
    await expect(contentOf("/etc/relative/x")).rejects.toMatchObject({ code: "FileNotFound" });
    for (const path of ["/../etc/passwd", "/etc/../etc/hello.txt", "/."]) await expect(contentOf(path)).rejects.toMatchObject({ code: "FileNotFound" });
    await expect(contentOf("a\0b")).rejects.toMatchObject({ code: "InvalidOption" });
    await expect(contentOf("etc/numbers", { start: -1 })).rejects.toMatchObject({ code: "InvalidOption", context: { path: "start" } });
  });
});

describe("saving", () => {
  afterEach(async () => {
    for (const name of await readdir(folder)) if (name !== "disk.img") await rm(join(folder, name), { recursive: true });
  });

  it("makes the files in a new folder, links as links, and nothing outside of it", async () => {
    const to = join(folder, "saved");
    const saved = await fileSystem.save("/", { to });
    expect(saved).toMatchObject({ to, links: 4, files: 608 });
    expect(saved.skipped.map(({ path }) => path)).toEqual(["big-device", "null", "pipe"]);
    expect(saved.skipped[1]!.reason).toContain("a character device is not made on this machine");
    expect(await readlink(join(to, "escaping"))).toBe("../../../../outside");
    expect(await readlink(join(to, "absolute"))).toBe("/etc/passwd");
    expect((await readFile(join(to, "etc/numbers"))).equals(await contentOf("etc/numbers"))).toBe(true);
    const { size, blocks } = await lstat(join(to, "sparse"));
    expect(size).toBe(3_000_000);
    expect(blocks * 512).toBeLessThan(100_000);
    expect((await lstat(join(to, "empty"))).mode & 0o7777).toBe(0o1777);
    expect((await lstat(join(to, "etc/numbers"))).mtimeMs).toBeCloseTo((await fileSystem.stat("etc/numbers")).modifiedAt!.getTime(), -1);
    expect((await readdir(to, { encoding: "buffer" })).some((name) => name.equals(Buffer.from("not-utf8-\xff\xfe", "latin1")))).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(["disk.img", "saved"]);
    await expect(fileSystem.save("/", { to })).rejects.toMatchObject({ code: "FolderExists" });
    const one = await fileSystem.save("/etc/hello.txt", { to: join(folder, "one") });
    expect(one).toMatchObject({ files: 1, bytes: 6, skipped: [] });
    expect(await readFile(join(folder, "one", "hello.txt"), "utf8")).toBe("hello\n");
  });
});

describe("hostile and damaged file systems", () => {
  it("raise typed errors wherever bytes are wrong, and never hang or read elsewhere", async () => {
    const start = 2 ** 20;
    // one byte after the other of the superblock, the group descriptors, the inodes and the root folder
    const places = [start + 1024, start + 2048, start + 100 * 1024];
    const outcomes = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const broken = Buffer.from(disk);
      for (const place of places) broken.writeUInt8((broken.readUInt8(place + round * 21) ^ (1 << round % 8)) & 0xff, place + round * 21);
      outcomes.add(await outcomeOf(broken));
    }
    outcomes.delete("read");
    for (const outcome of outcomes) expect(["DamagedFileSystem", "FileSystemNotReadable", "FileSystemNotFound"]).toContain(outcome);
  });

  it("one that is cut short, or has a folder within itself, is an error", async () => {
    expect(await outcomeOf(Buffer.concat([disk.subarray(0, 12 * 2 ** 20), Buffer.alloc(12 * 2 ** 20)]))).toMatch(/DamagedFileSystem|read/);
    const looping = Buffer.from(disk);
    // the entry of etc/deep leads to the root, inode 2
    for (let at = looping.indexOf("\x04\x02deep"); at >= 0; at = looping.indexOf("\x04\x02deep", at + 1)) looping.writeUInt32LE(2, at - 6);
    expect(await outcomeOf(looping)).toBe("DamagedFileSystem");
  });

  it("names that lead out of the folder never leave it", async () => {
    const hostile = Buffer.from(disk);
    for (let at = hostile.indexOf("\x05\x02empty"); at >= 0; at = hostile.indexOf("\x05\x02empty", at + 1)) hostile.write("../up", at + 2);
    await using opened = await new Restore({ repository }).files(await backUp(hostile));
    const target = join(folder, "hostile");
    await expect(opened.fileSystem(id).save("/", { to: target })).rejects.toMatchObject({ code: "DamagedFileSystem" });
    await expect(all(opened.fileSystem(id).tar("/"))).rejects.toMatchObject({ code: "DamagedFileSystem" });
    await rm(target, { recursive: true, force: true });
    expect((await readdir(folder)).filter((name) => name !== "disk.img")).toEqual([]);
  });

  async function outcomeOf(image: Buffer): Promise<string> {
    await using opened = await new Restore({ repository }).files(await backUp(image));
    try {
      const one = opened.fileSystem(id);
      const found: FileEntry[] = await all(one.walk());
      for (const { path, kind } of found) if (kind === "file") for await (const _ of one.read(path));
      return "read";
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }
});
