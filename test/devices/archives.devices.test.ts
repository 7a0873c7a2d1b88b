import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Restore, type FileSystem, type RestoreFiles } from "../../src/index.js";
import { backUpImage } from "../support/image-world.js";
import { makeDevicesBed } from "./devices-bed.js";
import { runTool } from "./run-tool.js";

let folder: string;
let remove: () => Promise<void>;
let files: RestoreFiles;
let fileSystem: FileSystem;

beforeAll(async () => {
  const bed = await makeDevicesBed();
  const { repository } = bed;
  ({ folder, remove } = bed);
  await writeFile(join(folder, "disk.img"), gunzipSync(await readFile(new URL("../fixtures/disk.img.gz", import.meta.url))));
  files = await new Restore({ repository }).files(await backUpImage(repository, join(folder, "disk.img")));
  fileSystem = files.fileSystem();
});
afterAll(async () => {
  await files.close();
  await remove();
});

async function contentOf(path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of fileSystem.read(path)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("a folder saved as an archive", () => {
  it("as a tar: GNU tar lists and unpacks it to the same, sparse and linked", async () => {
    const archive = join(folder, "etc.tar");
    await writeFile(archive, fileSystem.tar("/"));
    const stdout = await runTool("env", ["TZ=UTC", "tar", "-tvf", archive, "--quoting-style=escape", "--full-time", "--numeric-owner"]);
    expect(stdout).toMatch(/-rwsr-x--x 0\/0 +6 .* etc\/hard\n/);
    expect(stdout).toMatch(/hrwsr-x--x .* etc\/hello\.txt link to etc\/hard\n/);
    expect(stdout).toMatch(/lrwxrwxrwx .* escaping -> \.\.\/\.\.\/\.\.\/\.\.\/outside\n/);
    expect(stdout).toMatch(/-rw-r--r-- 100001\/70000 +108894 .* etc\/numbers\n/);
    expect(stdout).toMatch(/drwxrwxrwt .* 2039-01-01 00:00:00\.987654321 empty\/\n/);
    expect(stdout).toMatch(/crw-r--r-- 0\/0 +1,3 .* null\n/);
    expect(stdout).toContain("not-utf8-\\377\\376");
    const to = join(folder, "unpacked");
    await mkdir(to);
    await runTool("tar", ["-xf", archive, "-C", to, "--exclude=null", "--exclude=big-device", "--no-same-owner"]);
    expect((await readFile(join(to, "sparse"))).equals(await contentOf("sparse"))).toBe(true);
    expect((await lstat(join(to, "sparse"))).blocks * 512).toBeLessThan(100_000);
    expect((await lstat(join(to, "etc/hard"))).ino).toBe((await lstat(join(to, "etc/hello.txt"))).ino);
    expect(await readFile(join(to, "ünïcödé ☃"), "utf8")).toBe("umlaut");
    expect(await readdir(join(to, "many"))).toHaveLength(599);
  });

  it("as a zip: it holds files, folders and links with modes and times, as Python reads it", async () => {
    const archive = join(folder, "all.zip");
    await writeFile(archive, fileSystem.zip("/"));
    const script = `
import zipfile, hashlib, json, sys
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps({i.filename: [oct(i.external_attr >> 16), i.file_size, list(i.date_time), hashlib.sha256(z.read(i)).hexdigest()] for i in z.infolist()}))`;
    const stdout = await runTool("python3", ["-c", script, archive]);
    const members = JSON.parse(stdout) as Record<string, [string, number, number[], string]>;
    await rm(archive);
    expect(Object.keys(members)).toHaveLength(621 - 3);
    const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    expect(members["etc/numbers"]).toEqual(["0o100644", 108_894, [1980, 7, 20, 20, 17, 40], digest(await contentOf("etc/numbers"))]);
    expect(members["sparse"]).toMatchObject({ 1: 3_000_000, 3: digest(await contentOf("sparse")) });
    expect(members["etc/"]![0]).toBe("0o40755");
    expect(members["escaping"]).toMatchObject({ 0: "0o120777", 3: digest(Buffer.from("../../../../outside")) });
    expect(members["ünïcödé ☃"]![1]).toBe(6);
  });
});
