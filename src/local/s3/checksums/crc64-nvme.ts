/** CRC-64/NVME, reflected, by tables for eight bytes at a time; each 64-bit value is kept as two 32-bit halves. */
const POLYNOMIAL = 0x9a6c9329ac4bc9b5n;
const SLICES = 8;
const TABLE_SIZE = 256;
const LOW_BITS = 0xffffffffn;

/** Low and high halves of the tables, slice after slice. */
const low = new Int32Array(SLICES * TABLE_SIZE);
const high = new Int32Array(SLICES * TABLE_SIZE);
buildTables();

function buildTables(): void {
  for (let byte = 0; byte < TABLE_SIZE; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) !== 0n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
    low[byte] = Number(crc & LOW_BITS) | 0;
    high[byte] = Number(crc >> 32n) | 0;
  }
  for (let at = TABLE_SIZE; at < low.length; at++) {
    const previousLow = low[at - TABLE_SIZE] as number;
    const previousHigh = high[at - TABLE_SIZE] as number;
    const byte = previousLow & 0xff;
    low[at] = ((previousLow >>> 8) | (previousHigh << 24)) ^ (low[byte] as number);
    high[at] = (previousHigh >>> 8) ^ (high[byte] as number);
  }
}

/** The CRC-64/NVME of bytes given one after another. */
export class Crc64Nvme {
  #low = -1;
  #high = -1;

  update(bytes: Uint8Array): void {
    let crcLow = this.#low;
    let crcHigh = this.#high;
    let at = 0;
    const wholeEnd = bytes.length - (bytes.length % SLICES);
    // Typed arrays are read within their length here: the `as number` states what the loop bounds hold.
    for (; at < wholeEnd; at += SLICES) {
      crcLow ^=
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
      crcHigh ^=
        (bytes[at + 4] as number) |
        ((bytes[at + 5] as number) << 8) |
        ((bytes[at + 6] as number) << 16) |
        ((bytes[at + 7] as number) << 24);
      const i7 = 1792 + (crcLow & 0xff);
      const i6 = 1536 + ((crcLow >>> 8) & 0xff);
      const i5 = 1280 + ((crcLow >>> 16) & 0xff);
      const i4 = 1024 + (crcLow >>> 24);
      const i3 = 768 + (crcHigh & 0xff);
      const i2 = 512 + ((crcHigh >>> 8) & 0xff);
      const i1 = 256 + ((crcHigh >>> 16) & 0xff);
      const i0 = crcHigh >>> 24;
      crcLow =
        (low[i7] as number) ^ (low[i6] as number) ^ (low[i5] as number) ^ (low[i4] as number) ^
        (low[i3] as number) ^ (low[i2] as number) ^ (low[i1] as number) ^ (low[i0] as number);
      crcHigh =
        (high[i7] as number) ^ (high[i6] as number) ^ (high[i5] as number) ^ (high[i4] as number) ^
        (high[i3] as number) ^ (high[i2] as number) ^ (high[i1] as number) ^ (high[i0] as number);
    }
    for (; at < bytes.length; at++) {
      const byte = (crcLow ^ (bytes[at] as number)) & 0xff;
      crcLow = ((crcLow >>> 8) | (crcHigh << 24)) ^ (low[byte] as number);
      crcHigh = (crcHigh >>> 8) ^ (high[byte] as number);
    }
    this.#low = crcLow;
    this.#high = crcHigh;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(8);
    digest.writeUInt32BE(~this.#high >>> 0, 0);
    digest.writeUInt32BE(~this.#low >>> 0, 4);
    return digest;
  }
}
