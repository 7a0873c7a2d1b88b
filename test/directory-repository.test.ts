import { execFileSync } from "node:child_process";
import { access, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryObjectStore } from "../src/adapters/directory/directory-object-store.js";
import { acquireFileLock } from "../src/adapters/directory/file-lock.js";
import { ownIdentity } from "../src/adapters/directory/process-identity.js";
import { directoryStorage, Repository } from "../src/index.js";
import { SystemClock, systemRandom } from "../src/system/index.js";
import { backUp, expectRestores, key, noiseBlock, textBlock } from "./support/backup-world.js";
import { MemoryVolume } from "./support/memory-volume.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a repository in a directory", () => {
  it("backs up, is opened again from its files alone, and restores byte for byte", async () => {
    const path = join(folder, "repository");
    const storage = directoryStorage(path);
    const repository = await Repository.create({ storage, encryption: { key } });
    const volume = new MemoryVolume(2 ** 30);
    for (let index = 0; index < 20; index++) volume.blocks.set(index * 7, index % 2 === 0 ? noiseBlock() : textBlock(`text ${String(index)} `));
    const state = volume.freeze("snap-1");
    const { point } = await backUp(repository, volume, "snap-1");
    const reopened = await Repository.open({ storage: directoryStorage(path), encryption: { key } });
    await expectRestores(await reopened.restorePoint(point.id), state);
    expect(await reopened.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 1 });
    expect((await stat(path)).mode & 0o077).toBe(0);
    expect((await readFile(join(path, "holdfast.json"), "utf8")).includes(key.toString("hex"))).toBe(false);
  });

  it("opens nothing where there is nothing, and leaves nothing behind", async () => {
    const path = join(folder, "absent");
    await expect(Repository.open({ storage: directoryStorage(path), encryption: { key } })).rejects.toMatchObject({ code: "RepositoryNotFound" });
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a place for a repository that is none", () => {
  const create = async (path: string): Promise<Repository> => await Repository.create({ storage: directoryStorage(path), encryption: { key } });

  it.each(["", "nul\0character", 7, null, undefined])("is refused where it is no path: %j", (path) => {
    expect(() => directoryStorage(path as string)).toThrow(/^path: must be the path of a directory/);
  });

  it("is named with the remedy where it is a file, below one, or a link that leads round in a circle", async () => {
    const [file, loop] = [join(folder, "file"), join(folder, "loop")];
    await writeFile(file, "x");
    await symlink(loop, loop);
    for (const path of [file, join(file, "below")]) await expect(create(path)).rejects.toMatchObject({ name: "ProviderError", code: "NotADirectory", message: `Cannot open ${path}: a part of the path is a file, not a folder: choose another path.` });
    for (const path of [loop, join(loop, "below")]) await expect(create(path)).rejects.toMatchObject({ name: "ProviderError", awsCode: "ELOOP", message: `Cannot open ${path}: links on the way lead round in a circle: mend them or choose another path.` });
    expect((await readdir(folder)).sort()).toEqual(["file", "loop"]);
  });

  // Node's own recursive mkdir never comes back from there
  it.skipIf(process.platform !== "linux").each(["/proc/holdfast", "/proc/self/holdfast/below", "/sys/holdfast", "/dev/full", "/dev/null/below"])("is told soon where nothing can be made: %s", async (path) => {
    await expect(create(path)).rejects.toMatchObject({ name: "ProviderError", message: expect.stringContaining(path) as string });
  });

  it("is made with all folders on the way, also by several at once", async () => {
    const path = join(folder, "a", "b", "c");
    const outcomes = await Promise.allSettled([create(path), create(path), create(path)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const part of ["a", "a/b", "a/b/c"]) expect((await stat(join(folder, part))).mode & 0o777).toBe(0o700);
  });
});

describe("the directory object store", () => {
  it("lets one of many conditional puts win, and compares and swaps", async () => {
    const store = await DirectoryObjectStore.open(folder, { clock: new SystemClock(), random: systemRandom });
    const bodies = Array.from({ length: 30 }, (_, index) => Buffer.from(`writer ${String(index)}`));
    const outcomes = await Promise.allSettled(bodies.map((body) => store.put("a/b", body, { condition: "absent" })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { etag } = await store.get("a/b");
    const swaps = await Promise.allSettled(bodies.map((body) => store.put("a/b", body, { condition: { etag } })));
    expect(swaps.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(store.delete("a/b", { etag })).rejects.toMatchObject({ code: "ConditionFailed" });
    await store.delete("a/b");
    expect(await store.head("a/b")).toBeUndefined();
    await expect(store.get("a/b")).rejects.toMatchObject({ code: "ObjectNotFound" });
  });

  it("lists in order after a name, by prefix, without its own files", async () => {
    const store = await DirectoryObjectStore.open(folder, { clock: new SystemClock(), random: systemRandom });
    for (const name of ["b/2", "a", "b/10", "b-1", "c/d/e"]) await store.put(name, Buffer.from(name));
    const names = async (prefix: string, startAfter?: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { name } of store.list(prefix, { startAfter })) found.push(name);
      return found;
    };
    expect(await names("")).toEqual(["a", "b-1", "b/10", "b/2", "c/d/e"]);
    expect(await names("b/")).toEqual(["b/10", "b/2"]);
    expect(await names("", "b/10")).toEqual(["b/2", "c/d/e"]);
  });

  it("refuses names that leave the directory", async () => {
    const store = await DirectoryObjectStore.open(folder, { clock: new SystemClock(), random: systemRandom });
    await expect(store.put("../outside", Buffer.alloc(1))).rejects.toMatchObject({ code: "InvalidObjectName" });
    await expect(store.get("a/../../outside")).rejects.toMatchObject({ code: "InvalidObjectName" });
  });
});

describe("a directory that somebody else writes to as well", () => {
  const openStore = async (): Promise<DirectoryObjectStore> => await DirectoryObjectStore.open(folder, { clock: new SystemClock(), random: systemRandom });
  const old = new Date("2020-01-01T00:00:00Z");

  it("does not lead the store to remove files elsewhere, by links in place of its own folders", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "holdfast-elsewhere-"));
    try {
      const letter = join(elsewhere, "letter.txt");
      await writeFile(letter, "dear");
      await utimes(letter, old, old);
      await mkdir(join(folder, ".holdfast"));
      await symlink(elsewhere, join(folder, ".holdfast", "temporary"));
      await expect(openStore()).rejects.toMatchObject({ code: "ForeignFolder" });
      expect(await readFile(letter, "utf8")).toBe("dear");
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it("does not lead it to write elsewhere once it is open", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "holdfast-elsewhere-"));
    try {
      const store = await openStore();
      await symlink(elsewhere, join(folder, ".holdfast"));
      await expect(store.put("a", Buffer.from("a"))).rejects.toMatchObject({ code: "ForeignFolder" });
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it("keeps files that no engine has made, however old, and loses what an engine left", async () => {
    const temporary = join(folder, ".holdfast", "temporary");
    await mkdir(temporary, { recursive: true });
    const names = ["letter.txt", `${ownIdentity.replace(/^[0-9a-f]{12}/, "0".repeat(12))}.${"a".repeat(16)}`];
    for (const name of names) {
      await writeFile(join(temporary, name), "x");
      await utimes(join(temporary, name), old, old);
    }
    await openStore();
    await access(join(temporary, "letter.txt"));
    await expect(access(join(temporary, names[1]!))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("does not lead a lock's breaking to another place", async () => {
    const lock = join(folder, "lock");
    const [machine = ""] = ownIdentity.split(".");
    const elsewhere = join(folder, "elsewhere");
    await mkdir(elsewhere);
    await symlink(elsewhere, `${lock}.x`);
    // of this machine, and of an earlier boot: dead, by what it says; whose lock is to be broken by another at a place that it chooses
    await symlink(`${machine}.${"0".repeat(12)}.${"0".repeat(12)}.1.1.x/made-elsewhere`, lock);
    await expect(acquireFileLock(lock, { waitMs: 0 })).rejects.toMatchObject({ code: "Locked" });
  });

  it("does not keep it waiting by a pipe, or have it take memory for an object larger than any", async () => {
    const store = await openStore();
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await expect(store.get("pipe")).rejects.toMatchObject({ code: "ObjectNotFound" });
    const large = await open(join(folder, "holdfast.json"), "w");
    await large.truncate(2 ** 40);
    await large.close();
    await expect(store.get("holdfast.json")).rejects.toMatchObject({ name: "IntegrityError", code: "ObjectTooLarge" });
    expect((await store.get("holdfast.json", { range: { offset: 2 ** 39, length: 4 } })).body).toEqual(Buffer.alloc(4));
  });
});
