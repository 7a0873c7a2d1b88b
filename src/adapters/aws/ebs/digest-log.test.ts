import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { DigestLog } from "./digest-log.js";

const logs: DigestLog[] = [];
afterEach(() => {
  for (const log of logs.splice(0)) log.close();
});

function openLog(maxPiecesInMemory?: number): DigestLog {
  const log = new DigestLog(maxPiecesInMemory === undefined ? {} : { maxPiecesInMemory });
  logs.push(log);
  return log;
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function linear(digests: ReadonlyMap<number, Buffer>): string {
  const inOrder = [...digests].sort(([a], [b]) => a - b).map(([, digest]) => digest);
  return createHash("sha256").update(Buffer.concat(inOrder)).digest("base64");
}

describe("the digests of written blocks", () => {
  it("give the LINEAR checksum that EBS computes", () => {
    const log = openLog();
    for (const [index, byte] of [[1, 2], [0, 1]] as const) log.set(index, createHash("sha256").update(Buffer.alloc(524_288, byte)).digest());
    expect(log.linearChecksum()).toBe("fccGN1xyY7l5uqsw58BLULbsU8thbz9pDvzr9oCk5yk=");
    expect(log.count).toBe(2);
  });

  it("count a block once that is written twice, and take its last digest", () => {
    const log = openLog();
    log.set(7, digestOf("first"));
    log.set(7, digestOf("second"));
    expect(log.count).toBe(1);
    expect(log.linearChecksum()).toBe(linear(new Map([[7, digestOf("second")]])));
  });

  it("are the same whether they fit into memory or not, in any order, up to 64 TiB", () => {
    const index = fc.oneof(fc.nat(10_000), fc.nat(2 ** 27 - 1));
    fc.assert(
      fc.property(fc.array(fc.tuple(index, fc.string()), { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (writes, pieces) => {
        const model = new Map(writes.map(([at, text]) => [at, digestOf(text)]));
        const log = new DigestLog({ maxPiecesInMemory: pieces });
        for (const [at, text] of writes) log.set(at, digestOf(text));
        const result = { count: log.count, checksum: log.linearChecksum() };
        log.close();
        expect(result).toEqual({ count: model.size, checksum: linear(model) });
      }),
      { numRuns: 40 },
    );
  });

  it("leave no file behind, not even while they are in one", async () => {
    const log = openLog(1);
    for (let piece = 0; piece < 4; piece++) log.set(piece * 2048, digestOf(String(piece)));
    expect((await readdir(tmpdir())).filter((name) => name.startsWith("holdfast-digests-"))).toEqual([]);
  });
});
