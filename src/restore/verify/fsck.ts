import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EngineEnvironment } from "../../session/index.js";
import type { ByteSource } from "../bytes/byte-source.js";
import { ScratchDevice } from "../device/scratch-device.js";
import type { FileSystemType } from "../files/disk/file-system-type.js";
import { isInstalled, kernelSupport } from "../files/kernel/kernel-support.js";
import type { VerifiedFileSystem } from "../../repository/verified/restore-verification.js";
import { clearDirtyFlag } from "./fat-dirty-flag.js";
import { runProgram } from "./run-program.js";

/** What replayed journals may take of the temporary directory's disk. */
const overlayBytes = 4 * 2 ** 30;
/** Lines of a program's output that are kept. */
const maxFindings = 40;

/** How a kind of file system is checked without changing it. */
interface Check {
  /** The program, as it is told in the result. */
  readonly by: string;
  readonly program: string;
  readonly debianPackage: string;
  /** What brings the file system into the state that a mount would find it in: its journal replayed. Shell, with the image in `$1` and an empty folder in `$3`. */
  readonly prepare?: string | undefined;
  /** Whether the kernel must know the file system for `prepare`. */
  readonly needsDriver?: boolean | undefined;
}

/**
 * Each program in the mode in which it changes nothing. A volume that was in use when its snapshot was taken has a journal that is not emptied, which
 * these programs take for damage: it is replayed first, in an overlay that is gone afterwards, as the next mount would do it.
 */
const checks: Readonly<Partial<Record<FileSystemType, Check>>> = {
  ext: { by: "e2fsck -fn", program: "e2fsck", debianPackage: "e2fsprogs", prepare: 'e2fsck -p -E journal_only "$1" >/dev/null 2>&1' },
  xfs: {
    by: "xfs_repair -n",
    program: "xfs_repair",
    debianPackage: "xfsprogs",
    prepare: 'loop=$(losetup --find --show "$1") && { mount -t xfs -o nouuid,nodev,nosuid,noexec "$loop" "$3" && umount "$3"; losetup --detach "$loop"; } >/dev/null 2>&1',
    needsDriver: true,
  },
  btrfs: { by: "btrfs check --readonly", program: "btrfs", debianPackage: "btrfs-progs" },
  ntfs: { by: "ntfsfix -n", program: "ntfsfix", debianPackage: "ntfs-3g" },
  fat: { by: "fsck.fat -n", program: "fsck.fat", debianPackage: "dosfstools" },
  exfat: { by: "fsck.exfat -n", program: "fsck.exfat", debianPackage: "exfatprogs" },
};

/** Why a file system cannot be checked by its own program here, with the remedy; `undefined` where it can. */
export async function fsckMissing(type: FileSystemType): Promise<string | undefined> {
  const check = checks[type];
  if (check === undefined) return "no program checks it";
  if (process.platform !== "linux") return "its program is run on Linux only; this machine has another system";
  if (process.getuid?.() !== 0) return `${check.program} is run over nbdfuse, which needs root; run this process as root`;
  const programs = { [check.program]: check.debianPackage, nbdfuse: "libnbd-bin", fusermount3: "fuse3", unshare: "util-linux", losetup: "util-linux" };
  for (const [program, debianPackage] of Object.entries(programs)) if (!(await isInstalled(program))) return `the program ${program} is missing; install it (Debian: apt-get install ${debianPackage})`;
  if (check.needsDriver !== true) return undefined;
  const driver = await kernelSupport(type);
  return "missing" in driver ? driver.missing : undefined;
}

/** Shows the device as the file `$1`, prepares it and checks it. The namespace takes everything along when the shell ends, however it ends. */
const script = (prepare: string, by: string): string => `
nbdfuse "$1" "$2" >/dev/null 2>&1 &
waited=0
until [ -e "$1" ]; do waited=$((waited + 1)); [ "$waited" -lt 1000 ] || { echo "nbdfuse did not show the device"; exit 99; }; sleep 0.02; done
${prepare}
${by} "$1" 2>&1
`;

/** Checks a file system by its own program, over a device whose overlay is thrown away. */
export async function fsck(environment: EngineEnvironment, { id, type, source }: { readonly id: string; readonly type: FileSystemType; readonly source: ByteSource }, options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<VerifiedFileSystem> {
  const check = checks[type];
  if (check === undefined) return { id, type, level: "none", findings: [] };
  const device = await ScratchDevice.open(environment, source, { overlayBytes, description: `the check of ${id}` });
  try {
    if (type === "fat") await clearDirtyFlag(device.overlay);
    for (const name of ["disk", "root"]) await mkdir(join(device.folder, name));
    const shell = ["sh", "-c", script(check.prepare ?? "", check.by), "sh", join(device.folder, "disk", "image"), device.uri, join(device.folder, "root")];
    const { exitCode, isLate, output } = await runProgram("unshare", ["--mount", "--pid", "--fork", "--kill-child=SIGKILL", ...shell], { clock: environment.clock, ...options });
    const lines = output.split(/[\n\r]+/).filter((line) => line.trim() !== "");
    if (isLate) lines.push(`${check.program} was not done after ${String(options.timeoutMs / 1_000)} s`);
    const isClean = exitCode === 0;
    return { id, type, level: "fsck", by: check.by, isClean, findings: isClean ? [] : lines.slice(-maxFindings) };
  } finally {
    await device.close();
  }
}
