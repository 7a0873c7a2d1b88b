import type { FileEntry, FileKind } from "../file-entry.js";
import { damagedFileSystem } from "../file-errors.js";
import { decodeName } from "../file-name.js";

/** What the mounting process tells of a file: `lstat`, with the name as bytes. */
export interface KernelFacts {
  readonly name: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: bigint;
  readonly nlink: number;
  readonly inode: string;
  readonly rdev: bigint;
  readonly mtimeNs: bigint;
  readonly atimeNs: bigint;
  readonly birthtimeNs: bigint;
  readonly target?: Uint8Array;
}

const kinds: Readonly<Record<number, FileKind>> = { 0x1: "pipe", 0x2: "character device", 0x4: "folder", 0x6: "block device", 0x8: "file", 0xa: "link", 0xc: "socket" };
const nanosecondsPerSecond = 1_000_000_000n;

/** The entry in the folder `prefix`. */
export function entryOf(prefix: string, facts: KernelFacts): FileEntry {
  const name = decodeName(Buffer.from(facts.name));
  const kind = kinds[facts.mode >> 12];
  if (kind === undefined) throw damagedFileSystem(`"${name}" is of no known kind`);
  const second = ((facts.mtimeNs % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    name,
    kind,
    sizeBytes: kind === "file" || kind === "link" ? Number(facts.size) : 0,
    mode: facts.mode & 0o7777,
    userId: facts.uid,
    groupId: facts.gid,
    modifiedAt: dateOf(facts.mtimeNs),
    modifiedNanoseconds: Number(second),
    accessedAt: dateOf(facts.atimeNs),
    ...(facts.birthtimeNs > 0n && { createdAt: dateOf(facts.birthtimeNs) }),
    ...(facts.target !== undefined && { linkTarget: decodeName(Buffer.from(facts.target)) }),
    inode: facts.inode,
    linkCount: facts.nlink,
    ...((kind === "character device" || kind === "block device") && { device: deviceOf(facts.rdev) }),
  };
}

function dateOf(nanoseconds: bigint): Date {
  const milliseconds = nanoseconds / 1_000_000n;
  return new Date(Number(nanoseconds % 1_000_000n < 0n ? milliseconds - 1n : milliseconds));
}

/** As Linux puts both numbers into one of 64 bits. */
function deviceOf(rdev: bigint): { readonly major: number; readonly minor: number } {
  return { major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)), minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)) };
}
