import { damagedFileSystem } from "../file-errors.js";
import { decodeName } from "../file-name.js";

const magic = 0xea02_0000;
const entryBytes = 16;
/** Where attributes begin in a block of their own. */
const blockHeaderBytes = 32;
/** What a number in place of a name's beginning stands for (kernel documentation, "Extended Attributes"). */
const prefixes: Readonly<Record<number, string>> = { 0: "", 1: "user.", 2: "system.posix_acl_access", 3: "system.posix_acl_default", 4: "trusted.", 6: "security.", 7: "system.", 8: "system.richacl" };
/** Holds the content of a small file, and is none for whoever asks. */
const inlineDataName = "system.data";

/** An attribute as it lies in an inode or block: its value, or the inode whose content that is. */
export interface StoredAttribute {
  readonly name: string;
  readonly value: Buffer | { readonly inode: number; readonly sizeBytes: number };
}

/** The attributes in an inode, behind its fixed fields. */
export function attributesInInode(inode: Buffer): StoredAttribute[] {
  const start = inode.length > 128 ? 128 + inode.readUInt16LE(0x80) : inode.length;
  if (start + 4 > inode.length || inode.readUInt32LE(start) !== magic) return [];
  const area = inode.subarray(start + 4);
  return entriesOf(area, area, 0);
}

/** The attributes in a block of their own, which several inodes may share. */
export function attributesInBlock(block: Buffer): StoredAttribute[] {
  if (block.readUInt32LE(0) !== magic) throw damagedFileSystem("a block of extended attributes is none");
  return entriesOf(block.subarray(blockHeaderBytes), block, 0);
}

/** `values`: from where the values' places are counted. */
function entriesOf(entries: Buffer, values: Buffer, from: number): StoredAttribute[] {
  const found: StoredAttribute[] = [];
  for (let at = from; at + entryBytes <= entries.length && entries.readUInt32LE(at) !== 0; ) {
    const nameBytes = entries.readUInt8(at);
    const prefix = prefixes[entries.readUInt8(at + 1)];
    const [offset, inode, sizeBytes] = [entries.readUInt16LE(at + 2), entries.readUInt32LE(at + 4), entries.readUInt32LE(at + 8)];
    const isWithin = at + entryBytes + nameBytes <= entries.length && (inode !== 0 || offset + sizeBytes <= values.length);
    if (prefix === undefined || !isWithin) throw damagedFileSystem("its extended attributes contradict themselves");
    const name = prefix + decodeName(entries.subarray(at + entryBytes, at + entryBytes + nameBytes));
    if (name !== inlineDataName) found.push({ name, value: inode === 0 ? valueOf(name, values.subarray(offset, offset + sizeBytes)) : { inode, sizeBytes } });
    at += entryBytes + Math.ceil(nameBytes / 4) * 4;
  }
  return found;
}

function valueOf(name: string, value: Buffer): Buffer {
  return name === "system.posix_acl_access" || name === "system.posix_acl_default" ? accessList(value) : Buffer.from(value);
}

/** Entries of an access list that name a user or group. */
const namedTags: readonly number[] = [0x02, 0x08];
const nobody = 0xffff_ffff;

/** An access list as programs get and set it (version 2, a number in every entry), from the shorter form on the disk (version 1). */
function accessList(stored: Buffer): Buffer {
  if (stored.length < 4 || stored.readUInt32LE(0) !== 1) throw damagedFileSystem("an access list is of no known version");
  const header = Buffer.alloc(4);
  header.writeUInt32LE(2);
  const entries: Buffer[] = [header];
  for (let at = 4; at < stored.length; ) {
    if (at + 4 > stored.length) throw damagedFileSystem("an access list ends too early");
    const tag = stored.readUInt16LE(at);
    const isNamed = namedTags.includes(tag);
    if (isNamed && at + 8 > stored.length) throw damagedFileSystem("an access list ends too early");
    const entry = Buffer.alloc(8);
    stored.copy(entry, 0, at, at + 4);
    entry.writeUInt32LE(isNamed ? stored.readUInt32LE(at + 4) : nobody, 4);
    entries.push(entry);
    at += isNamed ? 8 : 4;
  }
  return Buffer.concat(entries);
}
