import type { ByteSource } from "../bytes/byte-source.js";
import { readBlock, type BlockRunContext } from "../files/ext/block-runs.js";
import { crc32c } from "../files/ext/crc32c.js";
import { ExtReader } from "../files/ext/ext-reader.js";
import { readSuperblock, superblockOffset } from "../files/ext/superblock.js";
import { walk } from "../files/walk.js";

/** Offsets and features of the superblock and of group descriptors (kernel documentation, "ext4 Data Structures and Algorithms"). */
const superblockBytes = 1024;
const checksumAt = 0x3fc;
const seedAt = 0x270;
const uuidAt = 0x68;
const readOnlyFeaturesAt = 0x64;
const incompatibleAt = 0x60;
const metadataChecksums = 0x400;
const checksumSeed = 0x2000;
const metaGroups = 0x10;
const groupChecksumAt = 0x1e;
/** Wrong checksums that are named. */
const maxNamed = 10;

/** What is wrong with an ext file system, as far as the engine's own reader sees: checksums of superblock and groups, where it has them, and every folder and extent. */
export async function checkExt(source: ByteSource, options: { readonly signal: AbortSignal }): Promise<string[]> {
  const superblock = await readSuperblock(source);
  const bytes = await source.read(superblockOffset, superblockBytes);
  const findings = [...checkSuperblock(bytes), ...(await checkGroups({ source, superblock }, bytes))];
  const reader = await ExtReader.open(source, options);
  for await (const entry of walk(reader, "", options)) if (entry.kind === "file") await reader.dataRanges(entry.path, options);
  return findings;
}

function checkSuperblock(bytes: Buffer): string[] {
  if ((bytes.readUInt32LE(readOnlyFeaturesAt) & metadataChecksums) === 0) return [];
  return crc32c(bytes.subarray(0, checksumAt)) === bytes.readUInt32LE(checksumAt) ? [] : ["the superblock's checksum is wrong"];
}

async function checkGroups(context: BlockRunContext, bytes: Buffer): Promise<string[]> {
  const incompatible = bytes.readUInt32LE(incompatibleAt);
  // descriptors that lie with their groups are read, and so checked, by the walk alone
  if ((bytes.readUInt32LE(readOnlyFeaturesAt) & metadataChecksums) === 0 || (incompatible & metaGroups) !== 0) return [];
  const { blockBytes, blockCount, blocksPerGroup, descriptorBytes, firstDataBlock } = context.superblock;
  const seed = (incompatible & checksumSeed) === 0 ? crc32c(bytes.subarray(uuidAt, uuidAt + 16)) : bytes.readUInt32LE(seedAt);
  const groups = Math.ceil((blockCount - firstDataBlock) / blocksPerGroup);
  const wrong: number[] = [];
  const perBlock = Math.floor(blockBytes / descriptorBytes);
  for (let first = 0; first < groups; first += perBlock) {
    const block = await readBlock(context, firstDataBlock + 1 + first / perBlock);
    for (let group = first; group < Math.min(groups, first + perBlock); group++) {
      const descriptor = block.subarray((group - first) * descriptorBytes, (group - first + 1) * descriptorBytes);
      if (groupChecksum(seed, group, descriptor) !== descriptor.readUInt16LE(groupChecksumAt)) wrong.push(group);
    }
  }
  return wrong.length === 0 ? [] : [`the descriptors of ${String(wrong.length)} groups have wrong checksums: ${wrong.slice(0, maxNamed).join(", ")}${wrong.length > maxNamed ? ", …" : ""}`];
}

/** Over the group's number and its descriptor, in which the checksum itself counts as zero. */
function groupChecksum(seed: number, group: number, descriptor: Buffer): number {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(group);
  const zeroed = Buffer.from(descriptor);
  zeroed.writeUInt16LE(0, groupChecksumAt);
  return crc32c(zeroed, crc32c(number, seed)) & 0xffff;
}
