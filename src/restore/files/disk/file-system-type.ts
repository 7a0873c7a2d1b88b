import type { ByteSource } from "../../bytes/byte-source.js";
import { uuidText } from "../ext/superblock.js";

/** What a partition's first bytes say it is. */
export type FileSystemType = "ext" | "xfs" | "btrfs" | "ntfs" | "fat" | "exfat" | "lvm" | "luks" | "raid" | "swap";

/** What was recognised in a partition, or on a disk without partitions. */
export interface Recognised {
  readonly type: FileSystemType;
  readonly label?: string | undefined;
  readonly uuid?: string | undefined;
}

/** The signatures lie in the first 68 KiB. */
const lookedAtBytes = 68 * 1024;
const btrfsSuperblock = 65_536;

/** Recognises a file system by its signature, as blkid does; `undefined` where there is none that is known. */
export async function recogniseFileSystem(source: ByteSource): Promise<Recognised | undefined> {
  if (source.sizeBytes < 4096) return undefined;
  const bytes = Buffer.alloc(lookedAtBytes);
  (await source.read(0, Math.min(lookedAtBytes, source.sizeBytes))).copy(bytes);
  const text = (at: number, length: number): string => bytes.toString("latin1", at, at + length);
  // containers first: what they hold may begin like a file system
  if (text(0, 6) === "LUKS\xba\xbe") return { type: "luks" };
  if (text(512, 8) === "LABELONE" && text(536, 8) === "LVM2 001") return { type: "lvm" };
  if (bytes.readUInt32LE(0) === 0xa92b4efc || bytes.readUInt32LE(4096) === 0xa92b4efc) return { type: "raid" };
  if (text(0, 4) === "XFSB") return { type: "xfs", ...named(bytes, 108, 12), uuid: uuidText(bytes.subarray(32, 48)) };
  if (text(btrfsSuperblock + 64, 8) === "_BHRfS_M") return { type: "btrfs", ...named(bytes, btrfsSuperblock + 0x12b, 256), uuid: uuidText(bytes.subarray(btrfsSuperblock + 32, btrfsSuperblock + 48)) };
  if (bytes.readUInt16LE(1024 + 0x38) === 0xef53) return { type: "ext", ...named(bytes, 1024 + 0x78, 16), uuid: uuidText(bytes.subarray(1024 + 0x68, 1024 + 0x78)) };
  if (text(3, 8) === "NTFS    ") return { type: "ntfs" };
  if (text(3, 8) === "EXFAT   ") return { type: "exfat" };
  if (text(4086, 10) === "SWAPSPACE2") return { type: "swap" };
  if (bytes.readUInt16LE(510) === 0xaa55 && (text(54, 3) === "FAT" || text(82, 5) === "FAT32")) return { type: "fat", ...named(bytes, text(82, 5) === "FAT32" ? 71 : 43, 11) };
  return undefined;
}

function named(bytes: Buffer, at: number, length: number): { readonly label?: string } {
  const label = bytes.toString("utf8", at, at + length).replace(/\0.*$/s, "").trimEnd();
  return label === "" || label === "NO NAME" ? {} : { label };
}
