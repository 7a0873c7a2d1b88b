import { damagedFileSystem } from "../file-errors.js";

/** A name in a folder, and whose it is. */
export interface FolderName {
  readonly inode: number;
  readonly name: Buffer;
}

/** The least entry: inode, length, name's length and kind. */
const entryBytes = 8;

/** The names in one block of a folder. The nodes of an index look like unused entries, as they shall to who does not know them. */
export function* folderNames(block: Buffer): Generator<FolderName> {
  for (let at = 0; at + entryBytes <= block.length; ) {
    const inode = block.readUInt32LE(at);
    const length = entryLength(block.readUInt16LE(at + 4), block.length);
    const nameBytes = block.readUInt8(at + 6);
    if (length < entryBytes || length % 4 !== 0 || at + length > block.length || (inode !== 0 && entryBytes + nameBytes > length)) throw damagedFileSystem("a folder's entries run over each other");
    if (inode !== 0) yield { inode, name: block.subarray(at + entryBytes, at + entryBytes + nameBytes) };
    at += length;
  }
}

/** In blocks of 64 KiB a whole block's length does not fit into its field. */
function entryLength(stored: number, blockBytes: number): number {
  return blockBytes === 65_536 && (stored === 65_535 || stored === 0) ? blockBytes : stored;
}
