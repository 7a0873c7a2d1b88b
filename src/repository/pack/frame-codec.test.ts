import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { blockSizeBytes } from "../../ports/index.js";
import { KeyRing } from "../keys/key-ring.js";
import { blockCompression } from "./compression.js";
import { openFrame, sealFrame } from "./frame-codec.js";

const keys = new KeyRing(randomBytes(32), randomBytes(16));

function frameOf(block: Buffer): { frame: Buffer; expected: { blockId: Buffer; length: number; compression: number } } {
  const sealed = sealFrame(keys, keys.blockId(createHash("sha256").update(block).digest()), block);
  return { frame: Buffer.concat(sealed.parts), expected: sealed };
}

describe("a block's frame", () => {
  it.each([
    ["that compresses", Buffer.alloc(blockSizeBytes, "holdfast keeps what it was given. ")],
    ["that does not compress", randomBytes(blockSizeBytes)],
  ])("gives back a block %s, byte for byte", (_kind, block) => {
    const { frame, expected } = frameOf(block);
    expect(openFrame(keys, frame, expected).data.equals(block)).toBe(true);
  });

  it("gives back blocks of mixed content, which compressors split in many ways", () => {
    for (let run = 0; run < 60; run++) {
      const block = Buffer.alloc(blockSizeBytes, `text ${String(run)} `);
      for (let offset = run * 997; offset < blockSizeBytes; offset += 3000 + run * 2003) randomBytes(1 + run * 300).copy(block, offset);
      const { frame, expected } = frameOf(block);
      expect(openFrame(keys, frame, expected).data.equals(block)).toBe(true);
    }
  });

  it("is smaller than the block only where compression gains", () => {
    expect(frameOf(Buffer.alloc(blockSizeBytes, "ab")).frame.length).toBeLessThan(blockSizeBytes / 10);
    expect(frameOf(randomBytes(blockSizeBytes)).frame.length).toBe(blockSizeBytes + 80);
  });

  it("is refused when any byte of it is another", () => {
    const { frame, expected } = frameOf(Buffer.alloc(blockSizeBytes, "some text to press together "));
    for (let position = 0; position < frame.length; position++) {
      const damaged = Buffer.from(frame);
      damaged.writeUInt8(damaged.readUInt8(position) ^ 1, position);
      expect(() => openFrame(keys, damaged, expected)).toThrow(/damaged|another/);
    }
  });

  it("is refused when another block's frame lies in its place", () => {
    const one = frameOf(randomBytes(blockSizeBytes));
    const other = frameOf(randomBytes(blockSizeBytes));
    expect(() => openFrame(keys, other.frame, one.expected)).toThrow("another than the block map names");
  });

  it("is damaged, and not locked away, where its header names a key that there is none of", () => {
    const { frame, expected } = frameOf(Buffer.alloc(blockSizeBytes, "text "));
    frame.writeUInt16BE(7, 6);
    frame.writeUInt32BE(crc32(frame.subarray(0, 60)), 60);
    for (const role of ["writer", "restore"] as const) {
      const bundle = new KeyRing({ role, keys: keys.secretOf(role) }, keys.repositoryId);
      expect(() => openFrame(bundle, frame, expected)).toThrow(expect.objectContaining({ name: "IntegrityError", code: "DamagedFrame" }));
    }
  });

  it("cannot ask for much memory before its content is looked at", () => {
    const zstd = (descriptor: number, ...rest: number[]): Buffer => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...rest]);
    // a window of 128 MiB, a content of 2^40 bytes, and a byte that is repeated two million times
    for (const frame of [zstd(0x00, 0x88, 1, 0, 0), zstd(0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0), zstd(0x00, 0x48, 0x03, 0, 0xf0, 0)]) {
      expect(() => blockCompression.decompress(frame)).toThrow(/asks for more memory|more than a block|longer than any/);
    }
  });

  it("cannot be opened with another repository's keys", () => {
    const { frame, expected } = frameOf(randomBytes(blockSizeBytes));
    expect(() => openFrame(new KeyRing(randomBytes(32), keys.repositoryId), frame, expected)).toThrow("authentication tag");
  });
});
