import { mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Repository, Restore } from "../../src/index.js";
import { backUpImage } from "../support/image-world.js";
import { listAll, type ListedFile } from "../support/listed-file.js";
import { makeDevicesBed } from "./devices-bed.js";
import { listTree } from "./list-tree.js";
import { runTool } from "./run-tool.js";

const makeTree = new URL("make-tree.sh", import.meta.url).pathname;

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

interface Kind {
  readonly type: string;
  readonly engine: string;
  readonly make: readonly string[];
  readonly mount: readonly string[];
}

const kinds: readonly Kind[] = [
  { type: "ext", engine: "ext", make: ["mkfs.ext4", "-q", "-F"], mount: ["mount", "-o", "loop"] },
  { type: "ext", engine: "ext", make: ["mkfs.ext4", "-q", "-F", "-O", "inline_data,meta_bg,^resize_inode", "-b", "4096"], mount: ["mount", "-o", "loop"] },
  { type: "ext", engine: "ext", make: ["mkfs.ext3", "-q", "-F", "-b", "1024"], mount: ["mount", "-t", "ext4", "-o", "loop"] },
  { type: "ext", engine: "ext", make: ["mkfs.ext2", "-q", "-F", "-I", "128"], mount: ["mount", "-t", "ext4", "-o", "loop"] },
  { type: "xfs", engine: "kernel", make: ["mkfs.xfs", "-q"], mount: ["mount", "-o", "loop"] },
  { type: "btrfs", engine: "kernel", make: ["mkfs.btrfs", "-q"], mount: ["mount", "-o", "loop"] },
  { type: "ntfs", engine: "kernel", make: ["mkntfs", "-q", "-F", "-Q"], mount: ["ntfs-3g"] },
];

/** Makes a disk with a GPT and the file system in its second partition, copied while it was in use. */
async function makeDisk({ type, make, mount }: Kind): Promise<{ readonly disk: string; readonly expected: ListedFile[] }> {
  const [part, disk, mounted] = [join(folder, "part.img"), join(folder, "disk.img"), join(folder, "mnt")];
  await runTool("truncate", ["-s", "400M", part]);
  await runTool(make[0]!, [...make.slice(1), part]);
  await runTool(mount[0]!, [...mount.slice(1), part, mounted]);
  try {
    await runTool(makeTree, [mounted, type]);
    await runTool("sync", ["-f", mounted]);
    const expected = await listTree(mounted);
    await runTool("bash", ["-c", `truncate -s 0 "$1" && truncate -s 450M "$1" && printf 'label: gpt\\nsize=10M\\nsize=400M\\n' | sfdisk -q "$1" && dd if="$0" of="$1" bs=1M seek=$(( $(sfdisk -J "$1" | jq '.partitiontable.partitions[1].start') / 2048 )) conv=notrunc,sparse status=none`, part, disk]);
    return { disk, expected };
  } finally {
    await runTool("umount", [mounted]);
    await rm(part);
  }
}

describe("file systems made by the machine's own tools", () => {
  for (const kind of kinds) {
    it(`${kind.make.join(" ")}: every file's content and facts are those of the mounted original, in use or not`, async () => {
      const { disk, expected } = await makeDisk(kind);
      const point = await backUpImage(repository, disk, `disk of ${kind.make.join(" ")}`);
      const before = await leftovers();
      const files = await new Restore({ repository }).files(point);
      try {
        expect(files.fileSystems.map(({ id, type, engine }) => ({ id, type, engine }))).toEqual([{ id: "disk/2", type: kind.type, engine: kind.engine }]);
        const found = await listAll(files.fileSystem("disk/2"));
        for (const file of expected) expect(found.get(file.name), Buffer.from(file.name, "base64").toString()).toEqual(file);
        expect(found.size).toBe(expected.length);
        await expect(files.fileSystem("disk/2").stat("/etc/nothing")).rejects.toMatchObject({ code: "FileNotFound" });
        await expect(files.fileSystem("disk/2").stat("/../mnt")).rejects.toMatchObject({ code: "FileNotFound" });
        if (kind.type !== "ntfs") await expect(files.fileSystem("disk/2").stat("/absolute/x")).rejects.toMatchObject({ code: "FileNotFound" });
      } finally {
        await files.close();
      }
      expect(await leftovers()).toEqual(before);
    });
  }
});

describe("a file system that the kernel does not take", () => {
  it("is a typed error, and leaves no mount, loop device, process or folder", async () => {
    const part = join(folder, "part.img");
    await runTool("truncate", ["-s", "320M", part]);
    await runTool("mkfs.xfs", ["-q", part]);
    // behind the magic nothing of the superblock is right
    await runTool("dd", ["if=/dev/urandom", `of=${part}`, "bs=1", "seek=4", "count=200", "conv=notrunc", "status=none"]);
    const point = await backUpImage(repository, part, "damaged");
    const before = await leftovers();
    await using files = await new Restore({ repository }).files(point);
    await expect(files.fileSystem().stat("/")).rejects.toMatchObject({ name: "IntegrityError", code: "DamagedFileSystem" });
    expect(await leftovers()).toEqual(before);
    await rm(part);
  });
});

/** Mounts, loop devices and folders that are there now. */
async function leftovers(): Promise<unknown> {
  const mounts = (await runTool("cat", ["/proc/mounts"])).split("\n").filter((line) => line.includes("holdfast"));
  const loops = (await runTool("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"])).split("\n").filter((line) => line.includes("holdfast"));
  return { mounts, loops, folders: (await readdir(tmpdir())).filter((name) => name.startsWith("holdfast-files-")) };
}
