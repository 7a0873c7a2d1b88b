import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawImageReader } from "../src/adapters/directory/raw-image-reader.js";
import { RawImageWriter } from "../src/adapters/directory/raw-image-writer.js";
import { directoryStorage, Repository } from "../src/index.js";
import type { RestorePoint } from "../src/repository/points/restore-point.js";
import { restoreInto } from "../src/restore/restore-into.js";
import { systemRandom } from "../src/system/index.js";
import { backupVolume } from "../src/transfer/backup-volume.js";
import { key } from "./support/backup-world.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function backUpImage(repository: Repository, path: string): Promise<{ point: RestorePoint; storedBlocks: number; readBlocks: number }> {
  const reader = await RawImageReader.open(path);
  const writer = repository.beginPoint({ resource: "my-disk", kind: "image", tags: {} });
  const volume = await writer.beginVolume("my-disk");
  const now = new Date().toISOString();
  const { method } = await backupVolume(reader, volume, { random: systemRandom });
  const { counts } = await writer.finishVolume(volume, { resource: "my-disk", volumeSizeBytes: reader.volumeSizeBytes, method, startedAt: now, finishedAt: now }, { volumeId: "disk" });
  await reader.close();
  return { point: await writer.commit(), ...counts };
}

describe("a raw disk image", () => {
  it("is backed up, changed, backed up again, and both points restore to identical files", async () => {
    const image = join(folder, "disk.img");
    const handle = await open(image, "w");
    await handle.truncate(64 * 2 ** 20 + 12_345);
    for (let index = 0; index < 30; index++) await handle.write(index % 3 === 0 ? randomBytes(700_000) : Buffer.alloc(700_000, `file ${String(index)} `), 0, 700_000, index * 2_000_003);
    const repository = await Repository.create({ storage: directoryStorage(join(folder, "repository")), encryption: { key } });
    const first = await backUpImage(repository, image);
    const firstDigest = await digest(image);
    await handle.write("changed", 0, "utf8");
    await handle.close();
    const second = await backUpImage(repository, image);
    expect(second).toMatchObject({ storedBlocks: 1, readBlocks: first.readBlocks });
    for (const [number, { point, expected }] of [
      { point: first.point, expected: firstDigest },
      { point: second.point, expected: await digest(image) },
    ].entries()) {
      const path = join(folder, `restored-${String(number)}.img`);
      const restored = await restoreInto(point, { openWriter: ({ sizeBytes, dataBytes }) => RawImageWriter.open({ path, sizeBytes, dataBytes }) });
      expect(restored).toEqual({ path, sizeBytes: 64 * 2 ** 20 + 12_345 });
      expect(await digest(path)).toBe(expected);
    }
  });

  it("is never put in place of an existing file, and a failed restore leaves nothing", async () => {
    const image = join(folder, "disk.img");
    const handle = await open(image, "w");
    await handle.write(randomBytes(3 * 2 ** 20));
    await handle.close();
    const repositoryPath = join(folder, "repository");
    const repository = await Repository.create({ storage: directoryStorage(repositoryPath), encryption: { key } });
    const { point } = await backUpImage(repository, image);
    const openWriter = ({ sizeBytes }: { readonly sizeBytes: number }): Promise<RawImageWriter> => RawImageWriter.open({ path: image, sizeBytes });
    await expect(restoreInto(point, { openWriter })).rejects.toMatchObject({ code: "ImageExists" });
    await rm(join(repositoryPath, "packs"), { recursive: true });
    const path = join(folder, "restored.img");
    await expect(restoreInto(point, { openWriter: ({ sizeBytes }) => RawImageWriter.open({ path, sizeBytes }) })).rejects.toMatchObject({ code: "ObjectNotFound" });
    expect((await readdir(folder)).sort()).toEqual(["disk.img", "repository"]);
    expect((await stat(image)).size).toBe(3 * 2 ** 20);
  });
});
