import { spawn } from "node:child_process";
import { mkdtemp, open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Repository, Restore, type BlockDevice, type BlockDeviceOptions, type RestorePoint } from "../../src/index.js";
import { noiseBlock, textBlock } from "../support/backup-world.js";
import { backUpImage } from "../support/image-world.js";
import { makeDevicesBed } from "./devices-bed.js";
import { runTool } from "./run-tool.js";

const sizeBytes = 256 * 2 ** 20;

let folder: string;
let remove: () => Promise<void>;
let image: string;
let repository: Repository;
let point: RestorePoint;
let device: BlockDevice | undefined;

beforeAll(async () => {
  ({ folder, repository, remove } = await makeDevicesBed());
  image = join(folder, "disk.img");
  const file = await open(image, "w");
  await file.truncate(sizeBytes);
  for (const index of [0, 1, 2, 100, 101, 102, 103, 250, 300, 511]) await file.write(index % 2 === 0 ? noiseBlock() : textBlock(`block ${String(index)} `), 0, 524_288, index * 524_288);
  await file.close();
  point = await backUpImage(repository, image);
});
afterEach(async () => {
  await device?.close();
});
afterAll(async () => {
  await remove();
});

async function openDevice(options: BlockDeviceOptions = {}): Promise<BlockDevice> {
  device = await new Restore({ repository }).blockDevice(point, options);
  return device;
}

describe("clients of others", () => {
  it("nbdinfo reads the export's facts and what of it is allocated", async () => {
    const { uri } = await openDevice();
    const { exports } = JSON.parse(await runTool("nbdinfo", ["--json", uri])) as { exports: Record<string, unknown>[] };
    expect(exports[0]).toMatchObject({ "export-size": sizeBytes, is_read_only: true, can_multi_conn: true, can_cache: true, can_df: true, contexts: ["base:allocation"], block_size_preferred: 524_288 });
    const listed = JSON.parse(await runTool("nbdinfo", ["--json", "--list", uri])) as { exports: Record<string, unknown>[] };
    expect(listed.exports.map((one) => one["export-name"])).toEqual(["disk"]);
    const map = JSON.parse(await runTool("nbdinfo", ["--map", "--json", uri])) as { offset: number; length: number; type: number }[];
    expect(map.filter(({ type }) => type === 0).map(({ offset, length }) => [offset / 524_288, length / 524_288])).toEqual([[0, 3], [100, 4], [250, 1], [300, 1], [511, 1]]);
    expect(map.reduce((sum, { length }) => sum + length, 0)).toBe(sizeBytes);
  });

  it("nbdcopy copies it whole, over several connections, to identical bytes", async () => {
    const { uri } = await openDevice();
    const copy = join(folder, "nbdcopy.img");
    await runTool("nbdcopy", ["--connections=4", "--requests=64", uri, copy]);
    await runTool("cmp", [image, copy]);
  });

  it("qemu-img reads, compares and converts it", async () => {
    const { uri } = await openDevice({ listen: "loopback" });
    expect(JSON.parse(await runTool("qemu-img", ["info", "--output=json", uri]))).toMatchObject({ "virtual-size": sizeBytes });
    expect(await runTool("qemu-img", ["compare", "-f", "raw", "-F", "raw", image, uri])).toContain("Images are identical");
    const converted = join(folder, "disk.qcow2");
    await runTool("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", uri, converted]);
    expect(await runTool("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", image, converted])).toContain("Images are identical");
  });

  it("qemu-io writes, discards and zeroes over the overlay, and is refused without one", async () => {
    const { uri } = await openDevice({ writable: true });
    const script = ["write -P 0x5a 1000000 300000", "read -P 0x5a 1000000 300000", "write -z 2M 1M", "read -P 0 2M 1M", "discard 50M 1M", "flush", "aio_write -P 0x11 9M 4M", "aio_write -P 0x22 20M 4M", "aio_flush", "read -P 0x11 9M 4M", "read -P 0x22 20M 4M"];
    const output = await runTool("qemu-io", ["-f", "raw", ...script.flatMap((line) => ["-c", line]), uri]);
    expect(output).not.toContain("failed");
    await device?.close();
    const fresh = await openDevice();
    await expect(runTool("qemu-io", ["-f", "raw", "-c", "write -P 1 0 512", fresh.uri])).rejects.toThrow(/read-only|Permission/i);
    expect(await runTool("qemu-img", ["compare", "-f", "raw", "-F", "raw", image, fresh.uri])).toContain("Images are identical");
  });

  it("nbdfuse shows it as a file", async () => {
    const { uri } = await openDevice();
    const place = await mkdtemp(join(folder, "mnt-"));
    const fuse = spawn("nbdfuse", ["--readonly", join(place, "disk"), uri]);
    try {
      await expect.poll(async () => await runTool("stat", ["-c", "%s", join(place, "disk")]).catch(() => ""), { timeout: 20_000 }).toBe(`${String(sizeBytes)}\n`);
      await runTool("cmp", [image, join(place, "disk")]);
    } finally {
      const gone = new Promise((resolve) => fuse.once("close", resolve));
      await runTool("fusermount3", ["-u", place]).catch(() => fuse.kill());
      await gone;
    }
  });
});
