import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Repository, Restore } from "../../src/index.js";
import { backUpImage, backUpImages } from "../support/image-world.js";
import { listAll, type ListedFile } from "../support/listed-file.js";
import { makeDevicesBed } from "./devices-bed.js";
import { listTree } from "./list-tree.js";
import { runTool } from "./run-tool.js";

const mib = 2 ** 20;

let folder: string;
let remove: () => Promise<void>;
let repository: Repository;

beforeAll(async () => {
  ({ folder, repository, remove } = await makeDevicesBed());
  await mkdir(join(folder, "mnt"));
});
afterAll(async () => {
  await remove();
});

/** An ext4 of that size with some files, as an image, and what is in it. */
async function makeExt(name: string, sizeBytes: number): Promise<{ readonly image: Buffer; readonly expected: ListedFile[] }> {
  const [part, mounted] = [join(folder, name), join(folder, "mnt")];
  await runTool("truncate", ["-s", String(sizeBytes), part]);
  await runTool("mkfs.ext4", ["-q", "-F", "-L", name, part]);
  await runTool("mount", ["-o", "loop", part, mounted]);
  try {
    await runTool("bash", ["-c", 'cd "$0" && mkdir -p a/b && seq 1 100000 >a/numbers && printf %s "$1" >a/b/name && ln -s ../numbers a/b/link', mounted, name]);
    await runTool("sync", ["-f", mounted]);
    return { expected: await listTree(mounted), image: await readFile(part) };
  } finally {
    await runTool("umount", [mounted]);
    await rm(part);
  }
}

async function expectFiles(found: Map<string, ListedFile>, expected: readonly ListedFile[]): Promise<void> {
  for (const file of expected) expect(found.get(file.name)).toEqual(file);
  expect(found.size).toBe(expected.length);
}

describe("disks as the machine's own tools lay them out", () => {
  it("an MBR with primary and logical partitions", async () => {
    const disk = join(folder, "mbr.img");
    await runTool("bash", ["-c", "truncate -s 120M \"$0\" && printf 'label: dos\\n1: size=20M\\n2: size=90M,type=5\\n5: size=30M\\n6: size=30M\\n' | sfdisk -q \"$0\"", disk]);
    const { partitiontable } = JSON.parse(await runTool("sfdisk", ["-J", disk])) as { partitiontable: { partitions: { node: string; start: number }[] } };
    const expected = new Map<string, ListedFile[]>();
    const file = await open(disk, "r+");
    for (const number of [1, 5, 6]) {
      const made = await makeExt(`part${String(number)}`, (number === 1 ? 20 : 30) * mib);
      expected.set(`disk/${String(number)}`, made.expected);
      await file.write(made.image, 0, made.image.length, partitiontable.partitions.find(({ node }) => node.endsWith(String(number)))!.start * 512);
    }
    await file.close();
    await using files = await new Restore({ repository }).files(await backUpImage(repository, disk, "mbr"));
    expect(files.fileSystems.map(({ id, label }) => [id, label])).toEqual([["disk/1", "part1"], ["disk/5", "part5"], ["disk/6", "part6"]]);
    for (const [id, all] of expected) await expectFiles(await listAll(files.fileSystem(id)), all);
  });

  it("a GPT whose first header is lost, by its copy", async () => {
    const disk = join(folder, "gpt.img");
    await runTool("bash", ["-c", "truncate -s 40M \"$0\" && printf 'label: gpt\\nstart=2048,size=30M,name=data\\n' | sfdisk -q \"$0\"", disk]);
    const made = await makeExt("part1", 30 * mib);
    const file = await open(disk, "r+");
    await file.write(made.image, 0, made.image.length, mib);
    await file.write(Buffer.alloc(512), 0, 512, 512);
    await file.close();
    await using files = await new Restore({ repository }).files(await backUpImage(repository, disk, "gpt"));
    await expectFiles(await listAll(files.fileSystem("disk/1")), made.expected);
  });

  it("LVM: a linear volume and one striped over two disks, one of them partitioned", async () => {
    const [first, second] = [join(folder, "first.img"), join(folder, "second.img")];
    await runTool("bash", ["-c", "truncate -s 64M \"$0\" && truncate -s 66M \"$1\" && printf 'label: gpt\\nstart=2048,size=64M\\n' | sfdisk -q \"$1\"", first, second]);
    const loops = [(await runTool("losetup", ["--find", "--show", first])).trim(), (await runTool("losetup", ["--find", "--show", "--offset", String(mib), "--sizelimit", String(64 * mib), second])).trim()];
    try {
      // the metadata alone: no volume is activated, which not every machine can
      const lvm = async (...args: string[]): Promise<string> => await runTool("lvm", [args[0]!, "--driverloaded", "n", "-q", ...args.slice(1)]);
      await lvm("pvcreate", ...loops);
      await lvm("vgcreate", "-s", "1M", "group-1", ...loops);
      await lvm("lvcreate", "-an", "-Zn", "-Wn", "-L", "40M", "-n", "root", "group-1", loops[0]!);
      await lvm("lvcreate", "-an", "-Zn", "-Wn", "-i2", "-I64", "-L", "30M", "-n", "data", "group-1");
    } finally {
      for (const loop of loops) await runTool("losetup", ["--detach", loop]);
    }
    const [root, data] = [await makeExt("root", 40 * mib), await makeExt("data", 30 * mib)];
    const files = [await open(first, "r+"), await open(second, "r+")];
    // extents begin at 1 MiB of each physical volume: root in 0 to 39 of the first; data from 40 of the first and 0 of the second on, 64 KiB of each in turn
    await files[0]!.write(root.image, 0, root.image.length, mib);
    const starts = [41 * mib, mib + mib];
    for (let at = 0; at < data.image.length; at += 65_536) {
      const stripe = (at / 65_536) % 2;
      await files[stripe]!.write(data.image, at, 65_536, starts[stripe]! + Math.floor(at / 131_072) * 65_536);
    }
    for (const file of files) await file.close();
    const point = await backUpImages(repository, { "vol-1": first, "vol-2": second }, "lvm");
    await using opened = await new Restore({ repository }).files(point);
    expect(opened.fileSystems.map(({ id, label, logicalVolume, engine }) => [id, label, logicalVolume, engine]).sort()).toEqual([["group-1/data", "data", "group-1/data", "ext"], ["group-1/root", "root", "group-1/root", "ext"]]);
    await expectFiles(await listAll(opened.fileSystem("group-1/root")), root.expected);
    await expectFiles(await listAll(opened.fileSystem("group-1/data")), data.expected);
    // with one of the two disks, what lies on it alone is read, and the rest is told
    await using half = await new Restore({ repository }).files(point, { volume: "vol-1" });
    await expectFiles(await listAll(half.fileSystem("group-1/root")), root.expected);
    expect(half.fileSystem("group-1/data")).toMatchObject({ engine: undefined, reason: expect.stringContaining("on a volume that is not in this restore point") as string });
    await expect(half.fileSystem("group-1/data").stat("/")).rejects.toMatchObject({ code: "FileSystemNotReadable" });
  });
});
