import type { ByteSource } from "../../src/restore/bytes/byte-source.js";

/** A change: from which place, how far from it, how many bytes, and which. */
const patchBytes = 12;
const maxPatches = 64;
/** In place of a region: the image ends there. */
const cut = 0xff;
/** Of a region's number: the change lies near its beginning, where structures are short. */
const near = 0x80;
const [nearBytes, farBytes] = [256, 8_192];

interface Patch {
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * An image with changes, told in few bytes: so an input has no more of them than it has changes, however large the image is. Each change begins at one of `regions`, where structures lie.
 * A read that is not within the image is a mistake of who asks, and raised as a `RangeError`.
 */
export function patchedSource(image: Buffer, regions: readonly number[], script: Buffer): ByteSource & { readonly readBytes: () => number } {
  const patches: Patch[] = [];
  let sizeBytes = image.length;
  for (let at = 0; at + patchBytes <= script.length && patches.length < maxPatches; at += patchBytes) {
    const region = script.readUInt8(at);
    const distance = script.readUInt16LE(at + 1);
    if (region === cut) sizeBytes = Math.min(sizeBytes, Math.floor((distance / 65_536) * image.length));
    else patches.push({ at: (regions[(region & ~near) % regions.length] ?? 0) + (distance % ((region & near) === 0 ? farBytes : nearBytes)), bytes: script.subarray(at + 4, at + 4 + 1 + (script.readUInt8(at + 3) % 8)) });
  }
  let read = 0;
  return {
    sizeBytes,
    read: (offset, length) => {
      if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0 || offset + length > sizeBytes) return Promise.reject(new RangeError(`a read of ${String(length)} bytes at ${String(offset)} is not within ${String(sizeBytes)}`));
      read += length;
      const bytes = Buffer.from(image.subarray(offset, offset + length));
      for (const patch of patches) {
        for (const [index, byte] of patch.bytes.entries()) {
          const at = patch.at + index - offset;
          if (at >= 0 && at < length) bytes[at] = byte;
        }
      }
      return Promise.resolve(bytes);
    },
    extents: (_offset, length) => Promise.resolve([{ lengthBytes: length, isHole: false }]),
    readBytes: () => read,
  };
}

/** The script of some changes. */
export function patchScript(...patches: readonly { readonly region: number; readonly distance: number; readonly value: Buffer }[]): Buffer {
  return Buffer.concat(
    patches.map(({ region, distance, value }) => {
      const bytes = Buffer.alloc(patchBytes);
      bytes.writeUInt8(region, 0);
      bytes.writeUInt16LE(distance, 1);
      bytes.writeUInt8(value.length - 1, 3);
      value.copy(bytes, 4, 0, 8);
      return bytes;
    }),
  );
}
