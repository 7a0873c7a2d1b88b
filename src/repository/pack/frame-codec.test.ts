import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { blockSizeBytes } from "../../ports/index.js";
import { KeyRing } from "../keys/key-ring.js";
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

  it("cannot be opened with another repository's keys", () => {
    const { frame, expected } = frameOf(randomBytes(blockSizeBytes));
    expect(() => openFrame(new KeyRing(randomBytes(32), keys.repositoryId), frame, expected)).toThrow("authentication tag");
  });
});
