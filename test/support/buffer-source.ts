import type { ByteSource } from "../../src/restore/bytes/byte-source.js";

/** Bytes in memory as a source, with the bytes that were asked for counted. A read that is not within them is a mistake of who asks. */
export function bufferSource(bytes: Buffer): ByteSource & { readonly readBytes: () => number } {
  let read = 0;
  return {
    sizeBytes: bytes.length,
    read: (offset, length) => {
      if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError(`a read of ${String(length)} bytes at ${String(offset)} is not within ${String(bytes.length)}`);
      read += length;
      return Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length)));
    },
    extents: (_offset, length) => Promise.resolve([{ lengthBytes: length, isHole: false }]),
    readBytes: () => read,
  };
}
