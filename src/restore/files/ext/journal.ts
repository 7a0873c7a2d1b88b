import type { CallOptions } from "../../../ports/index.js";
import { damagedFileSystem, unreadableFileSystem } from "../file-errors.js";
import { crc32c } from "./crc32c.js";

/** A block of the journal that belongs elsewhere. */
export interface JournalledBlock {
  /** Its number within the journal. */
  readonly journalBlock: number;
  /** Whether its first four bytes were the journal's magic, and stand as zeros here. */
  readonly isEscaped: boolean;
}

/** The journal as blocks. */
export interface JournalReader {
  readonly blockBytes: number;
  read(block: number, options: CallOptions): Promise<Buffer>;
}

export const journalMagic = Buffer.from("c03b3998", "hex");

const blockTypes = { descriptor: 1, commit: 2, superblock1: 3, superblock2: 4, revoke: 5 } as const;
const features = { revoke: 1, bits64: 2, asyncCommit: 4, checksum2: 8, checksum3: 16, fastCommit: 32 } as const;
const tagFlags = { escaped: 1, sameUuid: 2, last: 8 } as const;
const headerBytes = 12;

/** Blocks that are put in place, 2 GiB of them at 4 KiB, and blocks that are not: more than any journal holds that was in use. */
const maxTags = 2 ** 19;
const maxRevoked = 2 ** 20;

interface JournalFacts {
  readonly first: number;
  readonly end: number;
  readonly start: number;
  readonly sequence: number;
  readonly features: number;
  readonly seed: number;
}

interface Tag {
  readonly block: number;
  readonly flags: number;
  readonly checksum: number;
}

interface Transaction {
  readonly sequence: number;
  readonly tags: { readonly tag: Tag; readonly journalBlock: number }[];
  readonly revoked: number[];
}

/**
 * What a journal (jbd2) that was not emptied holds, as recovery would put it in place: the blocks of all transactions that were
 * committed, the newest of each, without those that a later transaction revoked. Reads the journal and changes nothing.
 */
export async function replayJournal(journal: JournalReader, options: CallOptions = {}): Promise<Map<number, JournalledBlock>> {
  const facts = readFacts(await journal.read(0, options));
  const placed = new Map<number, JournalledBlock>();
  if (facts.start === 0) return placed;
  const transactions: Transaction[] = [];
  for await (const transaction of committed(journal, facts, options)) transactions.push(transaction);
  const revokedBy = new Map<number, number>();
  for (const { sequence, revoked } of transactions) for (const block of revoked) revokedBy.set(block, sequence);
  for (const { sequence, tags } of transactions) {
    for (const { tag, journalBlock } of tags) {
      if ((revokedBy.get(tag.block) ?? -1) >= sequence) continue;
      if (hasChecksums(facts)) checkData(await journal.read(journalBlock, options), tag, sequence, facts);
      placed.set(tag.block, { journalBlock, isEscaped: (tag.flags & tagFlags.escaped) !== 0 });
    }
  }
  return placed;
}

function readFacts(superblock: Buffer): JournalFacts {
  const type = superblock.readUInt32BE(4);
  if (!superblock.subarray(0, 4).equals(journalMagic) || (type !== blockTypes.superblock1 && type !== blockTypes.superblock2)) throw damagedFileSystem("its journal is none");
  const journalFeatures = type === blockTypes.superblock1 ? 0 : superblock.readUInt32BE(0x28);
  if ((journalFeatures & ~63) !== 0 || (journalFeatures & features.fastCommit) !== 0) {
    throw unreadableFileSystem("ext4", "its journal must be replayed, and uses features (such as fast commits) that only the kernel knows. Open the files on Linux as root with libnbd's nbdfuse installed, or restore the volume.");
  }
  const [first, end, start] = [superblock.readUInt32BE(0x14), superblock.readUInt32BE(0x10), superblock.readUInt32BE(0x1c)];
  if (first === 0 || first >= end || (start !== 0 && (start < first || start >= end))) throw damagedFileSystem("its journal contradicts itself");
  return { first, end, start, sequence: superblock.readUInt32BE(0x18), features: journalFeatures, seed: crc32c(superblock.subarray(0x30, 0x40)) };
}

/** The transactions from the journal's start on, up to the first that was not committed. */
async function* committed(journal: JournalReader, facts: JournalFacts, options: CallOptions): AsyncGenerator<Transaction> {
  const length = facts.end - facts.first;
  let sequence = facts.sequence;
  let transaction: Transaction = { sequence, tags: [], revoked: [] };
  let position = facts.start;
  let [tags, revoked] = [0, 0];
  const step = (count: number): void => {
    position = facts.first + ((position - facts.first + count) % length);
  };
  for (let walked = 0; walked < length; walked++) {
    const block = await journal.read(position, options);
    if (!block.subarray(0, 4).equals(journalMagic) || block.readUInt32BE(8) !== sequence) return;
    const type = block.readUInt32BE(4);
    step(1);
    if (type === blockTypes.descriptor) {
      // one whose checksum is wrong was not written whole: so was its transaction
      if (hasChecksums(facts) && !isTailRight(block, facts)) return;
      for (const tag of tagsOf(block, facts)) {
        if (++tags > maxTags) throw tooLarge();
        transaction.tags.push({ tag, journalBlock: position });
        step(1);
        walked++;
      }
    } else if (type === blockTypes.revoke) {
      if (hasChecksums(facts) && !isTailRight(block, facts)) return;
      const numbers = revokedOf(block, facts);
      if ((revoked += numbers.length) > maxRevoked) throw tooLarge();
      transaction.revoked.push(...numbers);
    } else if (type === blockTypes.commit) {
      if (hasChecksums(facts) && !isCommitRight(block, facts)) return;
      yield transaction;
      sequence = (sequence + 1) >>> 0;
      transaction = { sequence, tags: [], revoked: [] };
    } else return;
  }
}

function tooLarge(): Error {
  return unreadableFileSystem("ext4", "its journal must be replayed, and holds more than is replayed here. Restore the volume and mount it.");
}

function hasChecksums({ features: set }: JournalFacts): boolean {
  return (set & (features.checksum2 | features.checksum3)) !== 0;
}

function tagsOf(block: Buffer, { features: set }: JournalFacts): Tag[] {
  const is64 = (set & features.bits64) !== 0;
  const isVersion3 = (set & features.checksum3) !== 0;
  const isVersion2 = (set & features.checksum2) !== 0;
  const tagBytes = isVersion3 ? 16 : (is64 ? 12 : 8) + (isVersion2 ? 2 : 0);
  const end = block.length - (isVersion2 || isVersion3 ? 4 : 0);
  const tags: Tag[] = [];
  for (let at = headerBytes; at + tagBytes <= end; ) {
    const flags = isVersion3 ? block.readUInt32BE(at + 4) : block.readUInt16BE(at + 6);
    const high = is64 ? block.readUInt32BE(at + 8) : 0;
    tags.push({ block: block.readUInt32BE(at) + high * 2 ** 32, flags, checksum: isVersion3 ? block.readUInt32BE(at + 12) : block.readUInt16BE(at + 4) });
    at += tagBytes + ((flags & tagFlags.sameUuid) === 0 ? 16 : 0);
    if ((flags & tagFlags.last) !== 0) break;
  }
  return tags;
}

function revokedOf(block: Buffer, { features: set }: JournalFacts): number[] {
  const is64 = (set & features.bits64) !== 0;
  const end = Math.min(block.readUInt32BE(headerBytes), block.length);
  const blocks: number[] = [];
  for (let at = headerBytes + 4; at + (is64 ? 8 : 4) <= end; at += is64 ? 8 : 4) blocks.push(is64 ? Number(block.readBigUInt64BE(at)) : block.readUInt32BE(at));
  return blocks;
}

/** The last four bytes are the checksum of the block with zeros in their place. */
function isTailRight(block: Buffer, { seed }: JournalFacts): boolean {
  const body = Buffer.from(block);
  body.fill(0, block.length - 4);
  return crc32c(body, seed) === block.readUInt32BE(block.length - 4);
}

const commitChecksumAt = 0x10;

function isCommitRight(block: Buffer, { seed }: JournalFacts): boolean {
  const body = Buffer.from(block);
  body.fill(0, commitChecksumAt, commitChecksumAt + 4);
  return crc32c(body, seed) === block.readUInt32BE(commitChecksumAt);
}

function checkData(data: Buffer, tag: Tag, sequence: number, facts: JournalFacts): void {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(sequence);
  const computed = crc32c(data, crc32c(number, facts.seed));
  const expected = (facts.features & features.checksum3) !== 0 ? computed : computed & 0xffff;
  if (expected !== tag.checksum) throw damagedFileSystem("a block in its journal is not what was written");
}
