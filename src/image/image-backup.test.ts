import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newRepository } from "../../test/support/backup-world.js";
import { ImageBackup } from "../composition/image-backup.js";
import { Restore } from "../composition/restore.js";
import { WorkerPool } from "../composition/worker-pool.js";
import { blockSizeBytes } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import type { ImageBackupEvent } from "./image-backup-events.js";
import type { ImageBackupOptions } from "./image-backup-options.js";

let folder: string;
let repository: Repository;
let image: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-image-"));
  ({ repository } = await newRepository());
  image = join(folder, "disk.img");
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function backup(options: Partial<ImageBackupOptions> = {}): ImageBackup {
  return new ImageBackup({ repository, name: "disk", path: image, workers: WorkerPool.inProcess({ threads: 0 }), ...options });
}

/** A disk of so many blocks, and some bytes: every other one empty. */
async function makeImage(blocks: number, moreBytes = 0): Promise<void> {
  const handle = await open(image, "w");
  await handle.truncate(blocks * blockSizeBytes + moreBytes);
  for (let index = 0; index < blocks; index += 2) await handle.write(randomBytes(blockSizeBytes), 0, blockSizeBytes, index * blockSizeBytes);
  if (moreBytes > 0) await handle.write(randomBytes(moreBytes), 0, moreBytes, blocks * blockSizeBytes);
  await handle.close();
}

async function change(index: number, data: Buffer): Promise<void> {
  const handle = await open(image, "r+");
  await handle.write(data, 0, data.length, index * blockSizeBytes);
  await handle.close();
}

async function expectRestores(point: string, expected: Buffer): Promise<void> {
  const path = join(folder, `restored-${point}.img`);
  await new Restore({ repository }).image(point, { path });
  expect((await readFile(path)).equals(expected)).toBe(true);
}

describe("the backup of a raw disk image", () => {
  it("is a restore point like any other: listed by its name, to the byte, with only what changed stored again", async () => {
    await makeImage(8, 1_000);
    const [first, before] = [await backup({ tags: { owner: "ops" } }).run(), await readFile(image)];
    expect(first).toMatchObject({ resource: "image/disk", sizeBytes: 8 * blockSizeBytes + 1_000, method: "full", blocks: { read: 5, stored: 5 } });
    await change(2, randomBytes(100));
    await change(4, Buffer.alloc(blockSizeBytes));
    const second = await backup().run();
    expect(second).toMatchObject({ method: "full", fullReason: "the source does not track changes", blocks: { read: 4, known: 3, stored: 1 } });
    const points = [];
    for await (const point of repository.restorePoints({ resource: "image/disk" })) points.push(point);
    expect(points).toMatchObject([{ id: first.point, kind: "image", name: "disk", tags: { owner: "ops" } }, { id: second.point, volumes: [{ volumeId: "disk", sizeBytes: 8 * blockSizeBytes + 1_000 }] }]);
    await expectRestores(first.point, before);
    await expectRestores(second.point, await readFile(image));
    expect((await repository.verify({ level: "data" })).isHealthy).toBe(true);
  });

  it("says what goes on, in order", async () => {
    await makeImage(4);
    const events: ImageBackupEvent[] = [];
    const session = backup().run();
    for await (const event of session) events.push(event);
    expect(events.map(({ type }) => type).filter((type, position, all) => type !== all[position - 1])).toEqual(["session:started", "image:started", "image:progress", "image:completed", "point:committed", "session:ended"]);
    expect(events.findLast(({ type }) => type === "image:progress")).toMatchObject({ blocks: 2, fraction: 1 });
  });

  it("reads only what was told to have changed since the newest point", async () => {
    await makeImage(40);
    const first = await backup().run();
    await change(3, randomBytes(blockSizeBytes));
    await change(6, Buffer.alloc(blockSizeBytes));
    const second = await backup().run({ changes: { since: first.point, blocks: [3, 6, 8] } });
    expect(second).toMatchObject({ method: "incremental", since: first.point, blocks: { read: 3, zero: 1, stored: 1, known: 1 } });
    expect(second.blocks.audited).toBeGreaterThan(0);
    await expectRestores(second.point, await readFile(image));
  });

  it("reads everything where changes were told since another point, or of an image that shrank, and says why", async () => {
    await makeImage(6);
    const first = await backup().run();
    await change(1, randomBytes(blockSizeBytes));
    const second = await backup().run();
    await change(1, randomBytes(blockSizeBytes));
    const third = await backup().run({ changes: { since: first.point, blocks: [] } });
    expect(third).toMatchObject({ method: "full", fullReason: expect.stringContaining(`told since ${first.point}`) as string, blocks: { stored: 1 } });
    expect(second.method).toBe("full");
    await truncate(image, 4 * blockSizeBytes + 17);
    const fourth = await backup().run({ changes: { since: third.point, blocks: [] } });
    expect(fourth).toMatchObject({ method: "full", fullReason: expect.stringContaining("the image shrank") as string, sizeBytes: 4 * blockSizeBytes + 17 });
    await expectRestores(fourth.point, await readFile(image));
  });

  it("reads by itself what an image grew by", async () => {
    await makeImage(3, 100);
    const first = await backup().run();
    await truncate(image, 7 * blockSizeBytes);
    await change(3, randomBytes(blockSizeBytes));
    await change(6, randomBytes(blockSizeBytes));
    const second = await backup().run({ changes: { since: first.point, blocks: [] } });
    expect(second).toMatchObject({ method: "incremental", blocks: { read: 4, zero: 2, stored: 2 } });
    await expectRestores(second.point, await readFile(image));
  });

  it("commits nothing where a told list is wrong, out of order or out of the image", async () => {
    await makeImage(2);
    const { point } = await backup().run();
    await change(0, randomBytes(blockSizeBytes));
    await change(1, randomBytes(blockSizeBytes));
    const telling = async (blocks: number[]): Promise<unknown> => await backup({ auditBlocks: 50 }).run({ changes: { since: point, blocks } });
    await expect(telling([0])).rejects.toMatchObject({ name: "IntegrityError", code: "WrongChangedBlockList" });
    for (const blocks of [[1, 0], [0, 0], [2], [-1], [0.5]]) await expect(telling(blocks)).rejects.toMatchObject({ name: "ConfigurationError", context: { path: "changes.blocks" } });
    const points = [];
    for await (const one of repository.restorePoints()) points.push(one.id);
    expect(points).toEqual([point]);
    expect((await telling([0, 1])) as object).toMatchObject({ method: "incremental", blocks: { stored: 2 } });
  });

  it("commits nothing of a file that was written to meanwhile, unless that is allowed", async () => {
    await makeImage(3);
    const writeMeanwhile = async (options: Partial<ImageBackupOptions>): Promise<string> => {
      const session = backup(options).run();
      for await (const event of session) if (event.type === "image:started") await change(1, randomBytes(10));
      return (await session).point;
    };
    await expect(writeMeanwhile({})).rejects.toMatchObject({ name: "ConflictError", code: "ImageChanged", retryable: true });
    expect(await writeMeanwhile({ allowInUse: true })).toMatch(/^[0-9a-f]+-[0-9a-f]+$/);
  });

  it("says what is wrong with a path", async () => {
    const run = async (path: string): Promise<unknown> => await backup({ path }).run();
    await expect(run(join(folder, "none.img"))).rejects.toMatchObject({ name: "NotFoundError", code: "ImageNotFound" });
    await mkdir(join(folder, "folder"));
    await expect(run(join(folder, "folder"))).rejects.toMatchObject({ name: "ConfigurationError", code: "NotAnImage" });
    await writeFile(join(folder, "empty.img"), "");
    await expect(run(join(folder, "empty.img"))).rejects.toMatchObject({ name: "ConfigurationError", code: "NotAnImage" });
    await expect(run("/dev/null")).rejects.toMatchObject({ code: "NotAnImage" });
    await writeFile(join(folder, "secret.img"), "data");
    await chmod(join(folder, "secret.img"), 0o000);
    if (process.getuid?.() !== 0) await expect(run(join(folder, "secret.img"))).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied" });
  });

  it("takes no more blocks a second than it may", async () => {
    await makeImage(10);
    const { durationMs, blocks } = await backup({ limits: { maxBlocksPerSecond: 10 } }).run();
    expect(blocks.read).toBe(5);
    expect(durationMs).toBeGreaterThanOrEqual(390);
  });

  it("stops at once when it is aborted, with the signal's reason", async () => {
    await makeImage(3);
    const abort = new AbortController();
    const session = backup().run({ signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(session).rejects.toThrow("enough");
  });

  it("checks its options by their paths", () => {
    expect(() => backup({ name: "" })).toThrow(/^name: must be the image's name/);
    expect(() => backup({ path: "" })).toThrow(/^path: must be the path/);
    expect(() => backup({ auditBlocks: -1 })).toThrow(/^auditBlocks: /);
    expect(() => backup({ workers: {} as unknown as WorkerPool })).toThrow(/^workers: must be workers in this process/);
    expect(() => backup({ pth: "x" } as object)).toThrow(/^pth: is no option of an image's backup/);
    expect(() => backup().run({ changes: { since: "", blocks: [] } })).toThrow(/^changes\.since: /);
    expect(() => backup().run({ changes: { since: "a", blocks: 3 as unknown as number[] } })).toThrow(/^changes\.blocks: /);
  });
});
