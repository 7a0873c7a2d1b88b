import { damagedFileSystem } from "../file-errors.js";
import type { Inode } from "./inode.js";

const attributesMagic = 0xea020000;
/** The attribute `system.data`. */
const systemIndex = 7;
const dataName = "data";
const entryBytes = 16;

/** The content of a small file or folder that lies in its inode: 60 bytes in place of the block map, the rest in an attribute. */
export function inlineData(inode: Inode): Buffer {
  const content = Buffer.concat([inode.block, dataAttribute(inode.bytes)]);
  if (inode.sizeBytes > content.length) throw damagedFileSystem(`inode ${String(inode.number)} holds less data than it says`);
  return content.subarray(0, inode.sizeBytes);
}

function dataAttribute(inode: Buffer): Buffer {
  const start = inode.length > 128 ? 128 + inode.readUInt16LE(0x80) : inode.length;
  if (start + 4 > inode.length || inode.readUInt32LE(start) !== attributesMagic) return Buffer.alloc(0);
  const attributes = inode.subarray(start + 4);
  for (let at = 0; at + entryBytes <= attributes.length && attributes.readUInt32LE(at) !== 0; ) {
    const nameBytes = attributes.readUInt8(at);
    const name = attributes.toString("latin1", at + entryBytes, at + entryBytes + nameBytes);
    if (attributes.readUInt8(at + 1) === systemIndex && name === dataName) {
      const [offset, length] = [attributes.readUInt16LE(at + 2), attributes.readUInt32LE(at + 8)];
      if (offset + length > attributes.length) throw damagedFileSystem("data in an inode reaches behind it");
      return attributes.subarray(offset, offset + length);
    }
    at += entryBytes + Math.ceil(nameBytes / 4) * 4;
  }
  return Buffer.alloc(0);
}
