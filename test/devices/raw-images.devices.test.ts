import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ImageBackup, type Repository, Restore, type RestoreEvent } from "../../src/index.js";
import { makeDevicesBed } from "./devices-bed.js";
import { runTool } from "./run-tool.js";

const mib = 2 ** 20;
const sizeBytes = 64 * mib;

let folder: string;
let remove: () => Promise<void>;
let repository: Repository;
const loops: string[] = [];

beforeEach(async () => {
  ({ folder, repository, remove } = await makeDevicesBed());
});
afterEach(async () => {
  for (const device of loops.splice(0)) await runTool("losetup", ["--detach", device]);
  await remove();
});

/** A block device over a file of its own, which is filled with `fill` first. */
async function makeDevice(name: string, bytes: number, fill?: Buffer): Promise<{ readonly device: string; readonly file: string }> {
  const file = join(folder, name);
  const handle = await open(file, "w");
  await handle.truncate(bytes);
  if (fill !== undefined) for (let offset = 0; offset < bytes; offset += fill.length) await handle.write(fill, 0, Math.min(fill.length, bytes - offset), offset);
  await handle.close();
  const device = (await runTool("losetup", ["--find", "--show", file])).trim();
  loops.push(device);
  return { device, file };
}

async function digest(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { end: bytes - 1 }), hash);
  return hash.digest("hex");
}

describe("a block device", () => {
  it("is backed up with a file system on it, and restored onto another that was full of something else", async () => {
    const source = await makeDevice("source", sizeBytes + 512);
    await runTool("mkfs.ext4", ["-q", "-F", "-d", new URL("../fixtures", import.meta.url).pathname, source.device]);
    const backup = new ImageBackup({ repository, name: "data", path: source.device });
    const { point, sizeBytes: found, blocks } = await backup.run();
    expect(found).toBe(sizeBytes + 512);
    expect(blocks.read).toBeLessThan(sizeBytes / 2 / (512 * 1024));
    const target = await makeDevice("target", sizeBytes + mib, randomBytes(mib));
    const beyond = (await readFile(target.file)).subarray(sizeBytes + 512);
    await new Restore({ repository }).image(point, { path: target.device, overwrite: true });
    expect(await digest(target.device, found)).toBe(await digest(source.device, found));
    await runTool("e2fsck", ["-fn", target.device]);
    await runTool("losetup", ["--detach", target.device]);
    loops.pop();
    const written = await readFile(target.file);
    expect(createHash("sha256").update(written.subarray(0, found)).digest("hex")).toBe(await digest(source.device, found));
    expect(written.subarray(found).equals(beyond)).toBe(true);
  });

  it("is left alone while it is mounted, by backups and by restores, though a backup may be told to take it as it comes", async () => {
    const { device } = await makeDevice("source", sizeBytes);
    await runTool("mkfs.ext4", ["-q", "-F", device]);
    const { point } = await new ImageBackup({ repository, name: "data", path: device }).run();
    await runTool("mkdir", [join(folder, "mounted")]);
    await runTool("mount", [device, join(folder, "mounted")]);
    try {
      await expect(new ImageBackup({ repository, name: "data", path: device }).run()).rejects.toMatchObject({ name: "ConflictError", code: "DeviceInUse" });
      await expect(new Restore({ repository }).image(point, { path: device, overwrite: true })).rejects.toMatchObject({ name: "ConflictError", code: "DeviceInUse" });
      expect(await new ImageBackup({ repository, name: "data", path: device, allowInUse: true }).run()).toMatchObject({ method: "full" });
    } finally {
      await runTool("umount", [join(folder, "mounted")]);
    }
    await runTool("e2fsck", ["-fn", device]);
  });

  it("is written only where that was asked for, and only if it is large enough", async () => {
    const image = join(folder, "disk.img");
    const handle = await open(image, "w");
    await handle.write(randomBytes(mib));
    await handle.close();
    await truncate(image, 3 * mib);
    const { point } = await new ImageBackup({ repository, name: "disk", path: image }).run();
    const [small, large] = [await makeDevice("small", 2 * mib), await makeDevice("large", 3 * mib)];
    const restore = new Restore({ repository });
    await expect(restore.image(point, { path: large.device })).rejects.toMatchObject({ name: "ConflictError", code: "ImageExists" });
    await expect(restore.image(point, { path: small.device, overwrite: true })).rejects.toMatchObject({ name: "ConfigurationError", code: "DeviceTooSmall" });
    expect((await readFile(small.file)).every((byte) => byte === 0)).toBe(true);
    await restore.image(point, { path: large.device, overwrite: true });
    expect(await digest(large.device, 3 * mib)).toBe(await digest(image, 3 * mib));
  });

  it("is said to hold a part, where a restore onto it was cut short", async () => {
    const image = join(folder, "disk.img");
    const handle = await open(image, "w");
    for (let offset = 0; offset < 320; offset++) await handle.write(randomBytes(mib));
    await handle.close();
    const { point } = await new ImageBackup({ repository, name: "disk", path: image }).run();
    const { device } = await makeDevice("target", 320 * mib);
    const abort = new AbortController();
    const events: RestoreEvent[] = [];
    const session = new Restore({ repository }).image(point, { path: device, overwrite: true, signal: abort.signal });
    const told = (async () => {
      for await (const event of session) {
        events.push(event);
        if (event.type === "restore:progress") abort.abort(new Error("enough"));
      }
    })();
    await expect(told).rejects.toThrow("enough");
    expect(events.find(({ type }) => type === "restore:left")).toMatchObject({ what: device });
  });
});
