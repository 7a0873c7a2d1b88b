import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileSystemType } from "../disk/file-system-type.js";

/** How the kernel is told to mount a file system. */
export interface KernelMount {
  /** The driver's name, or `ntfs-3g` for the program. */
  readonly type: string;
  readonly options: string;
}

/** Where programs are looked for, and the only ones that are run. */
export const programFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/** The programs needed, with Debian's package of each that is not on every machine. */
const programs = { nbdfuse: "libnbd-bin", fusermount3: "fuse3", losetup: undefined, mount: undefined, umount: undefined, unshare: undefined } as const;

const common = "ro,nodev,nosuid,noexec";
const mounts: Readonly<Partial<Record<FileSystemType, readonly KernelMount[]>>> = {
  // the machine may have the original mounted beside: the identity of a file system need not be unique
  xfs: [{ type: "xfs", options: `${common},nouuid` }],
  btrfs: [{ type: "btrfs", options: `${common},subvolid=5` }],
  fat: [{ type: "vfat", options: `${common},iocharset=utf8,tz=UTC` }],
  exfat: [{ type: "exfat", options: common }],
  ntfs: [
    { type: "ntfs3", options: common },
    { type: "ntfs-3g", options: common },
  ],
};

/** How this machine's kernel can read a file system, or what is missing for that, with the remedy. */
export async function kernelSupport(type: FileSystemType): Promise<KernelMount | { readonly missing: string }> {
  const ways = mounts[type] ?? [];
  if (ways.length === 0) return { missing: "nothing here reads it" };
  if (process.platform !== "linux") return { missing: "it is read by Linux only; this machine has another system" };
  if (process.getuid?.() !== 0) return { missing: "mounting needs root; run this process as root" };
  for (const [program, debianPackage] of Object.entries(programs)) {
    if (!(await isInstalled(program))) return { missing: `the program ${program} is missing${debianPackage === undefined ? "" : `; install it (Debian: apt-get install ${debianPackage})`}` };
  }
  const drivers = (await readFile("/proc/filesystems", "utf8")).split("\n").map((line) => line.split("\t").at(-1));
  for (const way of ways) if (way.type === "ntfs-3g" ? await isInstalled("ntfs-3g") : drivers.includes(way.type)) return way;
  return { missing: `this kernel has no driver for it; load one (modprobe ${ways[0]?.type ?? ""})${type === "ntfs" ? " or install ntfs-3g" : ""}` };
}

/** Whether a program is in one of the folders. */
export async function isInstalled(program: string): Promise<boolean> {
  for (const folder of programFolders) {
    const isProgram = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isProgram) return true;
  }
  return false;
}
