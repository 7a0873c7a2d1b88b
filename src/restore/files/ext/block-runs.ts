import type { CallOptions } from "../../../ports/index.js";
import type { ByteSource } from "../../bytes/byte-source.js";
import { damagedFileSystem } from "../file-errors.js";
import { inodeFlags, type Inode } from "./inode.js";
import type { Superblock } from "./superblock.js";

/** Blocks of a file that lie one after the other. What no run covers is a hole. */
export interface BlockRun {
  /** The first block within the file. */
  readonly logical: number;
  /** Where it lies in the file system. */
  readonly physical: number;
  readonly count: number;
}

const extentMagic = 0xf30a;
const maxDepth = 5;
/** Longer ones were reserved and never written: they read as zeros. */
const maxWrittenExtent = 32_768;
const directBlocks = 12;

/** What the block maps of one file system are read with. */
export interface BlockRunContext {
  readonly source: ByteSource;
  readonly superblock: Superblock;
}

/** The runs of a file's blocks from `firstBlock` on, ascending, read as they are asked for. */
export async function* blockRuns(context: BlockRunContext, inode: Inode, firstBlock: number, options: CallOptions): AsyncGenerator<BlockRun> {
  let next = 0;
  const runs = (inode.flags & inodeFlags.extents) === 0 ? indirectRuns(context, inode, firstBlock, options) : extentRuns(context, inode.block, { firstBlock, depthLeft: maxDepth, from: 0, until: 2 ** 32 }, options);
  for await (const run of runs) {
    if (run.logical < next) throw damagedFileSystem(`the blocks of inode ${String(inode.number)} overlap`);
    if (run.physical + run.count > context.superblock.blockCount) throw damagedFileSystem(`inode ${String(inode.number)} names blocks behind its end`);
    next = run.logical + run.count;
    yield run;
  }
}

/** The part of a file that a node must keep within: so each node is met once, however they point at each other. */
interface NodePlace {
  readonly firstBlock: number;
  readonly depthLeft: number;
  readonly from: number;
  readonly until: number;
}

async function* extentRuns(context: BlockRunContext, node: Buffer, { firstBlock, depthLeft, from, until }: NodePlace, options: CallOptions): AsyncGenerator<BlockRun> {
  const [entries, depth] = [node.readUInt16LE(2), node.readUInt16LE(6)];
  if (node.readUInt16LE(0) !== extentMagic || depth > depthLeft || 12 + entries * 12 > node.length) throw damagedFileSystem("a node of an extent tree is none");
  let least = from;
  for (let entry = 0; entry < entries; entry++) {
    const at = 12 + entry * 12;
    const logical = node.readUInt32LE(at);
    const end = entry + 1 < entries ? node.readUInt32LE(at + 12) : until;
    if (logical < least || end <= logical || end > until) throw damagedFileSystem("an extent tree is out of order");
    least = end;
    if (depth === 0) {
      const length = node.readUInt16LE(at + 4);
      const physical = node.readUInt32LE(at + 8) + node.readUInt16LE(at + 6) * 2 ** 32;
      if (length <= maxWrittenExtent && length > 0 && logical + length > firstBlock) yield { logical, physical, count: length };
    } else if (end > firstBlock) {
      const child = await readBlock(context, node.readUInt32LE(at + 4) + node.readUInt16LE(at + 8) * 2 ** 32, options);
      if (child.readUInt16LE(6) !== depth - 1 || child.readUInt16LE(2) === 0) throw damagedFileSystem("an extent tree is not of one depth");
      yield* extentRuns(context, child, { firstBlock, depthLeft: depth - 1, from: logical, until: end }, options);
    }
  }
}

/** The block map of ext2 and ext3: twelve blocks, then trees of one, two and three levels. */
async function* indirectRuns(context: BlockRunContext, inode: Inode, firstBlock: number, options: CallOptions): AsyncGenerator<BlockRun> {
  const perBlock = context.superblock.blockBytes / 4;
  const blocks = Math.ceil(inode.sizeBytes / context.superblock.blockBytes);
  let run: BlockRun | undefined;
  for await (const { logical, physical } of indirectBlocks(context, inode, { firstBlock, blocks, perBlock }, options)) {
    if (run !== undefined && run.logical + run.count === logical && run.physical + run.count === physical) run = { ...run, count: run.count + 1 };
    else {
      if (run !== undefined) yield run;
      run = { logical, physical, count: 1 };
    }
  }
  if (run !== undefined) yield run;
}

interface Placed {
  readonly logical: number;
  readonly physical: number;
}

interface Window {
  readonly firstBlock: number;
  readonly blocks: number;
  readonly perBlock: number;
}

async function* indirectBlocks(context: BlockRunContext, inode: Inode, window: Window, options: CallOptions): AsyncGenerator<Placed> {
  for (let logical = 0; logical < Math.min(directBlocks, window.blocks); logical++) {
    const physical = inode.block.readUInt32LE(logical * 4);
    if (physical !== 0 && logical >= window.firstBlock) yield { logical, physical };
  }
  let start = directBlocks;
  for (let level = 1; level <= 3; level++) {
    const span = window.perBlock ** level;
    yield* tree(context, inode.block.readUInt32LE((directBlocks - 1 + level) * 4), { level, start }, window, options);
    start += span;
  }
}

async function* tree(context: BlockRunContext, node: number, { level, start }: { readonly level: number; readonly start: number }, window: Window, options: CallOptions): AsyncGenerator<Placed> {
  const span = window.perBlock ** level;
  if (node === 0 || start >= window.blocks || start + span <= window.firstBlock) return;
  const pointers = await readBlock(context, node, options);
  const step = span / window.perBlock;
  for (let at = 0; at < window.perBlock; at++) {
    const physical = pointers.readUInt32LE(at * 4);
    const logical = start + at * step;
    if (logical >= window.blocks) return;
    if (level > 1) yield* tree(context, physical, { level: level - 1, start: logical }, window, options);
    else if (physical !== 0 && logical >= window.firstBlock) yield { logical, physical };
  }
}

export async function readBlock({ source, superblock: { blockBytes, blockCount } }: BlockRunContext, number: number, options: CallOptions = {}): Promise<Buffer> {
  if (number === 0 || number >= blockCount || (number + 1) * blockBytes > source.sizeBytes) throw damagedFileSystem(`block ${String(number)} does not exist`);
  return await source.read(number * blockBytes, blockBytes, options);
}
