import type { CallOptions } from "../../../ports/index.js";
import { LeastRecentlyUsed } from "../../../repository/store/least-recently-used.js";
import type { ByteSource } from "../../bytes/byte-source.js";
import type { FileEntry } from "../file-entry.js";
import { damagedFileSystem, fileNotFound, notAFile, notAFolder, unreadableFileSystem } from "../file-errors.js";
import { decodeName, encodeName, isPlainName, pathParts } from "../file-name.js";
import type { FileRange, FileSystemReader } from "../file-system-reader.js";
import { attributesInBlock, attributesInInode } from "./attributes.js";
import { blockRuns, readBlock, type BlockRun } from "./block-runs.js";
import { folderNames, type FolderName } from "./folder-blocks.js";
import { inlineData } from "./inline-data.js";
import { decodeInode, deviceOf, inodeFlags, type Inode } from "./inode.js";
import { replayJournal } from "./journal.js";
import { RecoveredSource } from "./recovered-source.js";
import { readSuperblock, type Superblock } from "./superblock.js";

const rootInode = 2;
/** Pieces in which a file is given. */
const pieceBytes = 2 ** 20;
/** A folder of this size has some 50 million names. */
const maxFolderBytes = 2 ** 31;
const maxLinkBytes = 4096;
/** The kernel's own limit of an attribute's value. */
const maxAttributeBytes = 65_536;
/** Of all attributes of one file: as many as the kernel lists by name, and far more than any has. */
const maxAttributesBytes = 4 * 2 ** 20;
/** Data and holes in turn; a file with more of them is told as data from there on, and read as the same bytes. */
const maxDataRanges = 2 ** 18;
/** Of a journal, which is made in one piece or in a few. */
const maxJournalRuns = 65_536;
const rememberedInodes = 4096;
/** Folders whose names are at hand, of some tens of thousands of names each at most; larger ones are searched anew. */
const rememberedFolders = 16;
const maxRememberedFolderBytes = 2 * 2 ** 20;

/**
 * An ext2, ext3 or ext4 file system, read-only: exactly the blocks that a question needs. A journal that was not emptied -
 * as in every snapshot of a volume in use - is replayed in memory first, as a mount would do it on the disk.
 */
export class ExtReader implements FileSystemReader {
  readonly #source: ByteSource;
  readonly #superblock: Superblock;
  /** Of folders the inode of each name, its bytes as Latin-1. */
  readonly #folders = new LeastRecentlyUsed<number, Promise<Map<string, number>>>(rememberedFolders);
  readonly #inodes = new LeastRecentlyUsed<number, Promise<Inode>>(rememberedInodes);

  private constructor(source: ByteSource, superblock: Superblock) {
    this.#source = source;
    this.#superblock = superblock;
  }

  static async open(source: ByteSource, options: CallOptions = {}): Promise<ExtReader> {
    const superblock = await readSuperblock(source);
    if (!superblock.needsRecovery) return new ExtReader(source, superblock);
    const recovered = await recover(source, superblock, options);
    return new ExtReader(recovered, await readSuperblock(recovered));
  }

  async *list(path: string, options: CallOptions = {}): AsyncGenerator<FileEntry> {
    const folder = await this.#find(path, options);
    if (folder.kind !== "folder") throw notAFolder(path);
    const prefix = pathParts(path).join("/");
    for await (const { inode, name } of this.#names(folder, options)) {
      const text = decodeName(name);
      if (text === "." || text === "..") continue;
      if (!isPlainName(text)) throw damagedFileSystem(`a folder holds the name ${JSON.stringify(text)}, which can be none`);
      yield await this.#entry(prefix === "" ? text : `${prefix}/${text}`, text, await this.#inode(inode, options), options);
    }
  }

  async stat(path: string, options: CallOptions = {}): Promise<FileEntry> {
    const parts = pathParts(path);
    return await this.#entry(parts.join("/"), parts.at(-1) ?? "", await this.#find(path, options), options);
  }

  async *read(path: string, range: FileRange = {}): AsyncGenerator<Buffer> {
    const inode = await this.#find(path, range);
    if (inode.kind !== "file") throw notAFile(path, inode.kind);
    if ((inode.flags & inodeFlags.encrypted) !== 0) throw unreadableFileSystem("ext4", `"${path}" is encrypted by the file system itself, and its key is not in the backup. Restore the volume.`);
    yield* this.#content(inode, range.start ?? 0, Math.min(range.end ?? Infinity, inode.sizeBytes), range);
  }

  async dataRanges(path: string, options: CallOptions = {}): Promise<{ readonly start: number; readonly end: number }[]> {
    const inode = await this.#find(path, options);
    if ((inode.flags & inodeFlags.inlineData) !== 0) return [{ start: 0, end: inode.sizeBytes }];
    const { blockBytes } = this.#superblock;
    const ranges: { readonly start: number; readonly end: number }[] = [];
    for await (const { logical, count } of this.#runs(inode, 0, options)) {
      const start = logical * blockBytes;
      const end = Math.min(inode.sizeBytes, (logical + count) * blockBytes);
      const last = ranges.at(-1);
      if (last?.end === start) ranges[ranges.length - 1] = { start: last.start, end };
      else if (start < end) ranges.push({ start, end });
      if (ranges.length === maxDataRanges) return [...ranges.slice(0, -1), { start, end: inode.sizeBytes }];
    }
    return ranges;
  }

  async close(): Promise<void> {
    // nothing is held but memory
  }

  async #find(path: string, options: CallOptions): Promise<Inode> {
    let inode = await this.#inode(rootInode, options);
    for (const part of pathParts(path)) {
      if (inode.kind !== "folder" || !isPlainName(part)) throw fileNotFound(path);
      const number = await this.#lookUp(inode, encodeName(part), options);
      if (number === undefined) throw fileNotFound(path);
      inode = await this.#inode(number, options);
    }
    return inode;
  }

  /** The inode of a name in a folder; of a name that a damaged folder has twice, the first. */
  async #lookUp(folder: Inode, name: Buffer, options: CallOptions): Promise<number | undefined> {
    if (folder.sizeBytes > maxRememberedFolderBytes) {
      for await (const found of this.#names(folder, options)) if (found.name.equals(name)) return found.inode;
      return undefined;
    }
    const names = await LeastRecentlyUsed.load(this.#folders, folder.number, async () => {
      const all = new Map<string, number>();
      for await (const found of this.#names(folder, {})) {
        const text = found.name.toString("latin1");
        if (!all.has(text)) all.set(text, found.inode);
      }
      return all;
    });
    return names.get(name.toString("latin1"));
  }

  async *#names(folder: Inode, options: CallOptions): AsyncGenerator<FolderName> {
    if (folder.sizeBytes > Math.min(maxFolderBytes, this.#source.sizeBytes)) throw damagedFileSystem(`the folder of inode ${String(folder.number)} is larger than any can be`);
    if ((folder.flags & inodeFlags.encrypted) !== 0) throw unreadableFileSystem("ext4", "this folder's names are encrypted by the file system itself, and their key is not in the backup. Restore the volume.");
    if ((folder.flags & inodeFlags.inlineData) !== 0) {
      // the first four bytes are the parent's number; what is behind the first 60 is a block of its own
      const content = inlineData(folder);
      yield* folderNames(content.subarray(4, 60));
      yield* folderNames(content.subarray(60));
      return;
    }
    const { blockBytes } = this.#superblock;
    for await (const piece of this.#content(folder, 0, folder.sizeBytes, options)) {
      for (let at = 0; at + blockBytes <= piece.length; at += blockBytes) yield* folderNames(piece.subarray(at, at + blockBytes));
    }
  }

  /** A file's bytes from `start` to `end`, holes as zeros. */
  async *#content(inode: Inode, start: number, end: number, options: CallOptions): AsyncGenerator<Buffer> {
    if ((inode.flags & inodeFlags.inlineData) !== 0) {
      if (start < end) yield inlineData(inode).subarray(start, end);
      return;
    }
    const { blockBytes } = this.#superblock;
    let at = start;
    for await (const run of this.#runs(inode, Math.floor(start / blockBytes), options)) {
      const runStart = run.logical * blockBytes;
      const runEnd = Math.min(end, runStart + run.count * blockBytes);
      yield* zeros(at, Math.min(end, runStart));
      at = Math.max(at, Math.min(end, runStart));
      for (; at < runEnd; ) {
        const length = Math.min(pieceBytes, runEnd - at);
        yield await this.#source.read(run.physical * blockBytes + (at - runStart), length, options);
        at += length;
      }
      if (at >= end) return;
    }
    yield* zeros(at, end);
  }

  #runs(inode: Inode, firstBlock: number, options: CallOptions): AsyncGenerator<BlockRun> {
    return blockRuns({ source: this.#source, superblock: this.#superblock }, inode, firstBlock, options);
  }

  async #inode(number: number, { signal }: CallOptions): Promise<Inode> {
    signal?.throwIfAborted();
    // callers share one load: none of them may stop it for the others
    return await LeastRecentlyUsed.load(this.#inodes, number, async () => await readInode(this.#source, this.#superblock, number, {}));
  }

  async #entry(path: string, name: string, inode: Inode, options: CallOptions): Promise<FileEntry> {
    const { kind, mode, userId, groupId, modifiedAt, modifiedNanoseconds, accessedAt, createdAt, linkCount } = inode;
    const facts = { path, name, kind, mode, userId, groupId, modifiedAt, modifiedNanoseconds, accessedAt, ...(createdAt !== undefined && { createdAt }), inode: String(inode.number), linkCount, ...(await this.#attributes(inode, options)) };
    if (kind === "link") return { ...facts, sizeBytes: inode.sizeBytes, linkTarget: decodeName(await this.#linkTarget(inode, options)) };
    if (kind === "character device" || kind === "block device") return { ...facts, sizeBytes: 0, device: deviceOf(inode) };
    return { ...facts, sizeBytes: kind === "file" ? inode.sizeBytes : 0 };
  }

  async #attributes(inode: Inode, options: CallOptions): Promise<Pick<FileEntry, "extendedAttributes">> {
    const stored = attributesInInode(inode.bytes);
    if (inode.attributeBlock !== 0) stored.push(...attributesInBlock(await readBlock({ source: this.#source, superblock: this.#superblock }, inode.attributeBlock, options)));
    if (stored.length === 0) return {};
    const attributes: [string, string][] = [];
    let bytes = 0;
    for (const { name, value } of stored) {
      const content = Buffer.isBuffer(value) ? value : await this.#attributeValue(value, options);
      bytes += content.length;
      if (bytes > maxAttributesBytes) throw damagedFileSystem(`inode ${String(inode.number)} has more extended attributes than any can`);
      attributes.push([name, content.toString("base64")]);
    }
    return { extendedAttributes: Object.fromEntries(attributes) };
  }

  /** A value that is too long for a block lies in an inode of its own. */
  async #attributeValue({ inode: number, sizeBytes }: { readonly inode: number; readonly sizeBytes: number }, options: CallOptions): Promise<Buffer> {
    const inode = await this.#inode(number, options);
    if (sizeBytes > maxAttributeBytes || inode.kind !== "file") throw damagedFileSystem("an extended attribute's value lies where none can be");
    const pieces: Buffer[] = [];
    for await (const piece of this.#content(inode, 0, sizeBytes, options)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async #linkTarget(inode: Inode, options: CallOptions): Promise<Buffer> {
    if (inode.sizeBytes > maxLinkBytes) throw damagedFileSystem(`the link of inode ${String(inode.number)} is longer than any can be`);
    const isInInode = (inode.flags & (inodeFlags.extents | inodeFlags.inlineData)) === 0 && inode.sizeBytes < inode.block.length;
    if (isInInode) return inode.block.subarray(0, inode.sizeBytes);
    const pieces: Buffer[] = [];
    for await (const piece of this.#content(inode, 0, inode.sizeBytes, options)) pieces.push(piece);
    return Buffer.concat(pieces);
  }
}

async function readInode(source: ByteSource, superblock: Superblock, number: number, options: CallOptions): Promise<Inode> {
  const { inodesPerGroup, inodeCount, inodeBytes, blockBytes } = superblock;
  if (number < 1 || number > inodeCount) throw damagedFileSystem(`inode ${String(number)} does not exist`);
  const table = await inodeTable(source, superblock, Math.floor((number - 1) / inodesPerGroup), options);
  const at = table * blockBytes + ((number - 1) % inodesPerGroup) * inodeBytes;
  if (at + inodeBytes > source.sizeBytes) throw damagedFileSystem(`inode ${String(number)} lies behind its end`);
  const inode = decodeInode(number, await source.read(at, inodeBytes, options));
  // the numbers of a file's blocks have 32 bits
  if (inode.kind === "file" && inode.sizeBytes > 2 ** 32 * blockBytes) throw damagedFileSystem(`inode ${String(number)} is larger than any file can be`);
  return inode;
}

/** Where a group's inodes lie. */
async function inodeTable(source: ByteSource, superblock: Superblock, group: number, options: CallOptions): Promise<number> {
  const { descriptorBytes, blockBytes, firstDataBlock, firstMetaGroup, blocksPerGroup, hasSuperblockCopy } = superblock;
  const perBlock = Math.floor(blockBytes / descriptorBytes);
  let block = firstDataBlock + 1 + Math.floor(group / perBlock);
  if (group >= firstMetaGroup) {
    const first = Math.floor(group / perBlock) * perBlock;
    block = firstDataBlock + first * blocksPerGroup + (hasSuperblockCopy(first) ? 1 : 0);
  }
  const descriptors = await readBlock({ source, superblock }, block, options);
  const descriptor = descriptors.subarray((group % perBlock) * descriptorBytes);
  return descriptor.readUInt32LE(8) + (descriptorBytes >= 64 ? descriptor.readUInt32LE(0x28) * 2 ** 32 : 0);
}

async function recover(source: ByteSource, superblock: Superblock, options: CallOptions): Promise<ByteSource> {
  if (superblock.hasExternalJournal) throw unreadableFileSystem("ext4", "its journal must be replayed, and lies on another volume. Restore both volumes and mount it.");
  const { blockBytes } = superblock;
  const inode = await readInode(source, superblock, superblock.journalInode, options);
  const runs: BlockRun[] = [];
  let journalBlocks = 0;
  for await (const run of blockRuns({ source, superblock }, inode, 0, options)) {
    journalBlocks += run.count;
    if (runs.push(run) > maxJournalRuns || journalBlocks > superblock.blockCount) throw damagedFileSystem("its journal is larger, or lies in more pieces, than any can");
  }
  const place = (journalBlock: number): number => {
    const run = runs[lastBefore(runs, journalBlock)];
    if (run === undefined || journalBlock >= run.logical + run.count) throw damagedFileSystem("its journal has a hole");
    return (run.physical + journalBlock - run.logical) * blockBytes;
  };
  const blocks = await replayJournal({ blockBytes, read: async (block, readOptions) => await source.read(place(block), blockBytes, readOptions) }, options);
  return new RecoveredSource(source, blockBytes, blocks, place);
}

/** The place of the last run that begins at or before a block; -1 where there is none. */
function lastBefore(runs: readonly BlockRun[], block: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle]?.logical ?? Infinity) <= block) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function* zeros(start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += pieceBytes) yield Buffer.alloc(Math.min(pieceBytes, end - at));
}
