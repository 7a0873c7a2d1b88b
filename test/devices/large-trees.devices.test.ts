import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MeasuringObjectStore } from "../../src/adapters/decorators/measuring-object-store.js";
import { directoryStorage, Repository, Restore, type RestorePoint } from "../../src/index.js";
import { key } from "../support/backup-world.js";
import { backUpSparseImage } from "../support/image-world.js";
import { listAll } from "../support/listed-file.js";
import { listTree } from "./list-tree.js";
import { runTool } from "./run-tool.js";

const mib = 2 ** 20;
/** The smallest of these with more than 20,000 files is what is backed up. */
const trees = ["/usr/share/man", "/usr/share", "/usr"];
const leastFiles = 20_000;

let original: string;
let folder: string;
let measured: MeasuringObjectStore;
let point: RestorePoint;

/** The point of a disk of 1 TiB, opened anew: as by another process, with nothing in memory. */
async function openAnew(): Promise<Restore> {
  const storage = directoryStorage(join(folder, "repository"));
  const openStore = async (): Promise<MeasuringObjectStore> => (measured = new MeasuringObjectStore(await storage.openStore()));
  return new Restore({ repository: await Repository.open({ storage: { location: storage.location, openStore }, encryption: { key } }) });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-devices-"));
  for (const tree of trees) {
    original = tree;
    if (Number(await runTool("bash", ["-c", 'find "$0" | wc -l', tree])) > leastFiles + 1) break;
  }
  const disk = join(folder, "disk.img");
  await runTool("truncate", ["-s", "1T", disk]);
  await runTool("mkfs.ext4", ["-q", "-F", "-d", original, disk]);
  const map = JSON.parse(await runTool("qemu-img", ["map", "-f", "raw", "--output=json", disk])) as { start: number; length: number; data: boolean }[];
  const indexes = new Set<number>();
  for (const { start, length, data } of map) for (let index = Math.floor(start / 524_288); data && index * 524_288 < start + length; index++) indexes.add(index);
  point = await backUpSparseImage(await Repository.create({ storage: directoryStorage(join(folder, "repository")), encryption: { key } }), disk, [...indexes]);
  await rm(disk);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a full tree on a disk of 1 TiB", () => {
  it("lists a folder by reading less than 64 MiB, and a file by less than its size and 16 MiB", async () => {
    const path = (await runTool("bash", ["-c", 'find "$0" -type f -size +1k -printf "%P\\n" | head -n 1', original])).trim();
    await using listing = await (await openAnew()).files(point.id);
    let entries = 0;
    for await (const _ of listing.fileSystem().list(dirname(path))) entries++;
    expect(entries).toBeGreaterThan(0);
    expect(measured.measures().get.bytes).toBeLessThan(64 * mib);
    await using reading = await (await openAnew()).files(point.id);
    let sizeBytes = 0;
    for await (const piece of reading.fileSystem().read(path)) sizeBytes += piece.length;
    expect(sizeBytes).toBeGreaterThan(0);
    expect(measured.measures().get.bytes).toBeLessThan(sizeBytes + 16 * mib);
  });

  it("holds each of its more than 20,000 files as the original has it", async () => {
    await using files = await (await openAnew()).files(point.id);
    const found = await listAll(files.fileSystem());
    const expected = await listTree(original);
    expect(expected.length).toBeGreaterThan(leastFiles);
    // links of one file from outside of the tree are not in it; and mkfs keeps times in whole seconds
    const comparable = ({ linkCount: _, modifiedAt, ...rest }: (typeof expected)[number]): unknown => ({ ...rest, modifiedAt: modifiedAt.split(".")[0] });
    const wrong = expected.filter((file) => JSON.stringify(sorted(comparable(file))) !== JSON.stringify(sorted(found.has(file.name) ? comparable(found.get(file.name)!) : undefined)));
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(found.size).toBe(expected.length + 1);
  });
});

function sorted(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : value;
}
