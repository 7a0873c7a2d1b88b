import type { SeededRandom } from "../../src/testing/seeded-random.js";

/** Numbers at which parsers go wrong: ends of widths, and what is just beside them. */
const extremes = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
const maxChanges = 8;
const maxBytes = 2 ** 20;

/** What a mutation is made from. */
export interface Material {
  readonly random: SeededRandom;
  /** Other inputs, from which pieces are taken. */
  readonly pool: readonly Buffer[];
  /** Texts that mean something to the parser. */
  readonly tokens: readonly string[];
}

/** A copy of an input with some changes: bits, numbers, pieces taken out, doubled, moved, or taken from another input. The same material gives the same. */
export function mutated(original: Buffer, { random, pool, tokens }: Material): Buffer {
  const below = (limit: number): number => Math.floor(random.fraction() * Math.max(1, limit));
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[below(items.length)];
  let bytes = Buffer.from(original);
  for (let changes = 1 + below(random.fraction() < 0.7 ? 3 : maxChanges); changes > 0; changes--) {
    const at = below(bytes.length + 1);
    const piece = bytes.subarray(at, at + 1 + below(random.fraction() < 0.8 ? 16 : 1_024));
    switch (below(9)) {
      case 0:
        if (at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << below(8)), at);
        break;
      case 1:
        if (at < bytes.length) bytes.writeUInt8(below(256), at);
        break;
      case 2:
        writeNumber(bytes, at, pick(extremes) ?? 0, below(6));
        break;
      case 3:
        // a number that is a little more or less than it was
        if (at + 4 <= bytes.length) bytes.writeUInt32BE((bytes.readUInt32BE(at) + below(9) - 4) >>> 0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + piece.length)]);
        break;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
        break;
      case 6:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(tokens) ?? String(pick(extremes) ?? 0)), bytes.subarray(at + below(8))]);
        break;
      case 7: {
        const other = pick(pool) ?? bytes;
        const from = below(other.length);
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + 1 + below(256)), bytes.subarray(at)]);
        break;
      }
      default:
        if (random.fraction() < 0.2) bytes = bytes.subarray(0, at);
        else if (random.fraction() < 0.1) bytes = Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: 1 + below(2_000) }, () => piece), bytes.subarray(at)]);
    }
    if (bytes.length > maxBytes) bytes = bytes.subarray(0, maxBytes);
    bytes = Buffer.from(bytes);
  }
  return bytes;
}

function writeNumber(bytes: Buffer, at: number, value: number, form: number): void {
  const fits = (width: number): boolean => at + width <= bytes.length;
  if (form < 2 && fits(4)) bytes[form === 0 ? "writeUInt32BE" : "writeUInt32LE"](value, at);
  else if (form < 4 && fits(2)) bytes[form === 2 ? "writeUInt16BE" : "writeUInt16LE"](value & 0xffff, at);
  else if (form === 4 && fits(8)) bytes.writeBigUInt64LE(BigInt(value) << 32n, at);
  else if (fits(1)) bytes.writeUInt8(value & 0xff, at);
}
