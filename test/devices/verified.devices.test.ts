import { createHash } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Restore, type RestorePoint } from "../../src/index.js";
import { backUpImage } from "../support/image-world.js";
import { makeDevicesBed, type DevicesBed } from "./devices-bed.js";
import { runTool } from "./run-tool.js";

const makeBootDisk = new URL("make-boot-disk.sh", import.meta.url).pathname;
const mib = 2 ** 20;

let bed: DevicesBed;
let restore: Restore;
let bootable: RestorePoint;

beforeAll(async () => {
  bed = await makeDevicesBed();
  restore = new Restore({ repository: bed.repository });
  const disk = join(bed.folder, "boot.img");
  await runTool(makeBootDisk, [disk, join(bed.folder, "made")]);
  bootable = await backUpImage(bed.repository, disk, "bootable");
});
afterAll(async () => {
  await bed.remove();
});

async function leftovers(): Promise<unknown> {
  return { folders: (await readdir(tmpdir())).filter((name) => /^holdfast-(files|device|quarantine)-/.test(name)), mounts: (await runTool("cat", ["/proc/mounts"])).split("\n").filter((line) => line.includes("holdfast-files-")) };
}

describe("a verified restore that boots", () => {
  it("starts a machine from the disk, sees its login prompt and its port, and keeps that with the point", async () => {
    const before = await leftovers();
    const result = await restore.verify(bootable, { blocks: "all", boot: { console: /^fixture login:/m, port: 2222, timeoutSeconds: 200, memoryMib: 512 } });
    expect(result.failures).toEqual([]);
    expect(result.boot).toMatchObject({ volume: "disk", hasBooted: true });
    expect(result.boot!.console).toContain("Run /init as init process");
    expect(result.volumes[0]).toMatchObject({ volume: "disk", damagedBlocks: [], measuredBy: "reading" });
    expect(result.volumes[0]!.comparedBlocks).toBe(result.volumes[0]!.blocks);
    expect(result.fileSystems).toMatchObject([{ id: "disk/1", type: "fat", level: "fsck", by: "fsck.fat -n", isClean: true }]);
    const kept = [];
    for await (const one of (await bed.repository.restorePoint(bootable.id)).verifications()) kept.push(one);
    expect(kept).toEqual([result]);
    expect(await leftovers()).toEqual(before);
  });

  it("fails where the disk's boot sector is gone, and where the kernel is", async () => {
    const disk = join(bed.folder, "boot.img");
    const copy = join(bed.folder, "broken.img");
    await runTool("cp", ["--sparse=always", disk, copy]);
    const file = await open(copy, "r+");
    // the code of the boot sector, not the partition table behind it
    await file.write(Buffer.alloc(440), 0, 440, 0);
    await file.write(Buffer.alloc(2), 0, 2, 510);
    await file.close();
    const unbootable = await restore.verify(await backUpImage(bed.repository, copy, "no boot sector"), { fileSystems: false, boot: { timeoutSeconds: 120 } });
    expect(unbootable).toMatchObject({ isVerified: false, boot: { hasBooted: false, problem: 'the console says "No bootable device."' } });

    await runTool("cp", ["--sparse=always", disk, copy]);
    await runTool("mdel", ["-i", `${copy}@@1M`, "::initrd.gz"]);
    const halfway = await restore.verify(await backUpImage(bed.repository, copy, "no initramfs"), { fileSystems: false, boot: { timeoutSeconds: 20 } });
    expect(halfway).toMatchObject({ isVerified: false, boot: { hasBooted: false } });
    expect(halfway.failures[0]).toContain("a machine does not boot from it");
  });
});

interface Made {
  readonly type: string;
  readonly by: string;
  readonly make: readonly string[];
  readonly mount: readonly string[];
  /** Where its structures are overwritten with rubbish. */
  readonly damageAt: readonly number[];
}

const kinds: readonly Made[] = [
  { type: "ext", by: "e2fsck -fn", make: ["mkfs.ext4", "-q", "-F", "-b", "4096"], mount: ["mount", "-o", "loop"], damageAt: [4096 + 100, 40 * 4096] },
  { type: "xfs", by: "xfs_repair -n", make: ["mkfs.xfs", "-q", "-f"], mount: ["mount", "-o", "loop"], damageAt: [512, 1024, 4096, 8192] },
  { type: "btrfs", by: "btrfs check --readonly", make: ["mkfs.btrfs", "-q", "-f", "-m", "single"], mount: ["mount", "-o", "loop"], damageAt: [] },
  { type: "ntfs", by: "ntfsfix -n", make: ["mkntfs", "-q", "-F", "-Q"], mount: ["ntfs-3g"], damageAt: [4 * 4096] },
];

describe("file systems in a verified restore", () => {
  for (const { type, by, make, mount, damageAt } of kinds) {
    it(`${type}: ${by} finds one that was in use clean, a damaged one damaged, and changes neither`, async () => {
      const [image, mounted] = [join(bed.folder, `${type}.img`), join(bed.folder, "mnt")];
      await runTool("mkdir", ["-p", mounted]);
      await runTool("truncate", ["-s", "400M", image]);
      await runTool(make[0]!, [...make.slice(1), image]);
      await runTool(mount[0]!, [...mount.slice(1), image, mounted]);
      const copy = join(bed.folder, `${type}-in-use.img`);
      try {
        await runTool("bash", ["-c", 'cd "$0" && mkdir some && seq 1 100000 >some/numbers && for n in $(seq 200); do echo $n >some/$n; done && sync -f . && rm some/1?? && sync -f .', mounted]);
        await runTool("cp", ["--sparse=always", image, copy]);
      } finally {
        await runTool("umount", [mounted]);
      }
      const numbers = createHash("sha256").update(await runTool("seq", ["1", "100000"])).digest("hex");
      const used = await backUpImage(bed.repository, copy, `${type} in use`);
      const result = await restore.verify(used, { blocks: 32, files: [{ path: "some/numbers", sha256: numbers }, { path: "some/5", sha256: numbers }, { path: "gone", sha256: numbers }] });
      expect(result.fileSystems).toEqual([{ id: "disk", type, level: "fsck", by, isClean: true, findings: [] }]);
      expect(result.files.map(({ matches }) => matches)).toEqual([true, false, false]);
      expect(result.isVerified).toBe(false);
      if (damageAt.length > 0) {
        // the one that was unmounted: a journal would be replayed over the damage
        const file = await open(image, "r+");
        for (const at of damageAt) await file.write(Buffer.alloc(64, 0xa5), 0, 64, at);
        await file.close();
        const damaged = await restore.verify(await backUpImage(bed.repository, image, `${type} damaged`), { blocks: 0 });
        expect(damaged).toMatchObject({ isVerified: false, fileSystems: [{ type, isClean: false }] });
        expect(damaged.fileSystems[0]!.findings.length).toBeGreaterThan(0);
      }
      await runTool("rm", [image, copy]);
    });
  }
});

describe("a verified restore in quarantine", () => {
  it("restores the whole disk to an image, checks it there, tells the time that it took, and leaves nothing", async () => {
    const folder = join(bed.folder, "quarantine");
    await runTool("mkdir", [folder]);
    const result = await restore.verify(bootable, { quarantine: folder });
    expect(result).toMatchObject({ isVerified: true, volumes: [{ measuredBy: "restore", sizeBytes: 48 * mib }], fileSystems: [{ isClean: true }] });
    expect(result.volumes[0]!.restoreMs).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });
});
