import { crc32c } from "../../../src/restore/files/ext/crc32c.js";
import { journalMagic, replayJournal } from "../../../src/restore/files/ext/journal.js";
import { RecoveredSource } from "../../../src/restore/files/ext/recovered-source.js";
import { damagedFileSystem } from "../../../src/restore/files/file-errors.js";
import type { FuzzTarget } from "../target.js";

// A journal by itself (jbd2), whose checksums are made right after it was changed: so what it says is believed.

const blockBytes = 1_024;
const maxBlocks = 64;
const types = { descriptor: 1, commit: 2, superblock: 4, revoke: 5 } as const;
const features = { revoke: 1, bits64: 2, checksum2: 8, checksum3: 16 } as const;
const flags = { sameUuid: 2, last: 8 } as const;

function block(type: number, sequence: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(blockBytes);
  journalMagic.copy(bytes);
  bytes.writeUInt32BE(type, 4);
  bytes.writeUInt32BE(sequence, 8);
  write(bytes);
  return bytes;
}

function superblock(set: number, blocks: number): Buffer {
  return block(types.superblock, 0, (bytes) => {
    for (const [at, value] of [[0x0c, blockBytes], [0x10, blocks], [0x14, 1], [0x18, 5], [0x1c, 1], [0x28, set]] as const) bytes.writeUInt32BE(value, at);
    bytes.fill(7, 0x30, 0x40);
  });
}

const descriptor = (sequence: number, numbers: readonly number[]): Buffer =>
  block(types.descriptor, sequence, (bytes) => {
    for (const [index, number] of numbers.entries()) {
      bytes.writeUInt32BE(number, 12 + index * 16);
      bytes.writeUInt32BE(flags.sameUuid | (index === numbers.length - 1 ? flags.last : 0), 12 + index * 16 + 4);
    }
  });
const revoke = (sequence: number, numbers: readonly number[]): Buffer =>
  block(types.revoke, sequence, (bytes) => {
    bytes.writeUInt32BE(16 + numbers.length * 8, 12);
    for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, 16 + index * 8 + 4);
  });
const commit = (sequence: number): Buffer => block(types.commit, sequence, () => undefined);
const data = (byte: number): Buffer => Buffer.alloc(blockBytes, byte);

function journal(set: number): Buffer {
  const blocks = [descriptor(5, [3, 4]), data(1), data(2), commit(5), revoke(6, [3]), descriptor(6, [5]), data(3), commit(6), descriptor(7, [6]), data(4)];
  return Buffer.concat([superblock(set, blocks.length + 1), ...blocks]);
}

/** Each block's own checksum, and each tag's of its data, as far as the newest form of tags goes. */
function resealed(input: Buffer): Buffer {
  const blocks = Math.min(maxBlocks, Math.max(1, Math.ceil(input.length / blockBytes)));
  const bytes = Buffer.alloc(blocks * blockBytes);
  input.copy(bytes);
  const set = bytes.readUInt32BE(0x28);
  if ((set & (features.checksum2 | features.checksum3)) === 0) return bytes;
  const seed = crc32c(bytes.subarray(0x30, 0x40));
  for (let number = 1; number < blocks; number++) {
    const one = bytes.subarray(number * blockBytes, (number + 1) * blockBytes);
    if (!one.subarray(0, 4).equals(journalMagic)) continue;
    const type = one.readUInt32BE(4);
    if (type === types.descriptor && (set & features.checksum3) !== 0) sealTags(bytes, number, seed);
    const at = type === types.commit ? 0x10 : type === types.descriptor || type === types.revoke ? blockBytes - 4 : undefined;
    if (at === undefined) continue;
    one.fill(0, at, at + 4);
    one.writeUInt32BE(crc32c(one, seed), at);
  }
  return bytes;
}

function sealTags(journalBytes: Buffer, number: number, seed: number): void {
  const one = journalBytes.subarray(number * blockBytes, (number + 1) * blockBytes);
  const begin = crc32c(one.subarray(8, 12), seed);
  let dataBlock = number + 1;
  for (let at = 12; at + 16 <= blockBytes - 4 && (dataBlock + 1) * blockBytes <= journalBytes.length; dataBlock++) {
    const set = one.readUInt32BE(at + 4);
    one.writeUInt32BE(crc32c(journalBytes.subarray(dataBlock * blockBytes, (dataBlock + 1) * blockBytes), begin), at + 12);
    at += (set & flags.sameUuid) === 0 ? 32 : 16;
    if ((set & flags.last) !== 0) break;
  }
}

export const journalTargets: readonly FuzzTarget[] = [
  {
    name: "journal",
    weight: 2,
    seeds: () => [journal(features.revoke | features.bits64 | features.checksum3), journal(features.revoke | features.checksum2), journal(features.revoke)],
    run: async (input) => {
      const bytes = resealed(input);
      const read = async (number: number): Promise<Buffer> => {
        if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`block ${String(number)} of a journal`);
        // what its file does not have is a hole, and told by whoever reads the file
        if ((number + 1) * blockBytes > bytes.length) throw damagedFileSystem("its journal has a hole");
        return await Promise.resolve(Buffer.from(bytes.subarray(number * blockBytes, (number + 1) * blockBytes)));
      };
      const placed = await replayJournal({ blockBytes, read });
      const source = { sizeBytes: 2 ** 20, read: async (offset: number, length: number) => await (offset >= 2 ** 20 ? read((offset - 2 ** 20) / blockBytes) : Promise.resolve(Buffer.alloc(length))), extents: async () => await Promise.resolve([]) };
      const recovered = new RecoveredSource(source, blockBytes, placed, (number) => 2 ** 20 + number * blockBytes);
      const content = await recovered.read(100, 16 * blockBytes);
      if (content.length !== 16 * blockBytes) throw new RangeError(`${String(content.length)} bytes came`);
      return `${String(Math.min(8, placed.size))} blocks, ${String(new Set(content).size)} bytes`;
    },
  },
];
