import { describe, expect, it } from "vitest";
import { IndexWorld } from "../../../test/support/index-world.js";
import { packPageEntries, sampledEntries, shardEntries, shardEntryBytes, zeroBitsOf, type IndexLevel } from "../format/index-level.js";
import { sealIndexManifest } from "../format/index-manifest.js";
import type { IndexRun } from "../format/index-run.js";
import { objectNames } from "../format/object-names.js";
import { isSampled } from "./block-table.js";
import { LevelWriter } from "./level-writer.js";
import { levelInput, mergeInputs } from "./merge-inputs.js";
import { readShards } from "./read-level.js";
import { RunBatch } from "./run-batch.js";

const count = shardEntries + 5000;
const packs = packPageEntries + 700;

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const highOf = (block: number): number => mix(block);
const lowOf = (block: number): number => mix(block ^ 0x3c6ef372);
const packOf = (block: number): number => block % packs;

/** Blocks `first` to `last` as a run would have them, but in no order. */
function runOf(first: number, last: number): IndexRun {
  return {
    packs: Array.from({ length: packs }, (_, number) => ({ id: { kind: "data", sessionId: mix(Math.floor(number / 400)).toString(16).padEnd(32, "0"), number }, sizeBytes: number, sha256: Buffer.alloc(16, 1), versionId: undefined, lockedUntilMs: 0 })),
    size: last - first,
    forEach: (visit) => {
      for (let block = first; block < last; block++) visit(highOf(block), lowOf(block), packOf(block));
    },
  };
}

async function levelOf(world: IndexWorld, generation: string, first: number, last: number): Promise<IndexLevel> {
  const batch = new RunBatch(last - first);
  batch.add(runOf(first, last));
  const writer = new LevelWriter(world.context(), generation, {});
  await mergeInputs([batch.input()], writer, () => true, { droppedPacks: 0, damaged: 0 });
  return await writer.finish();
}

describe("levels of several shards and pages", () => {
  it("merge into one that holds every block once, in order, those of each sample first", async () => {
    const world = new IndexWorld();
    const context = world.context();
    // the second begins with what the first ends with
    const parts = [await levelOf(world, "a".repeat(20), 0, count - 9000), await levelOf(world, "b".repeat(20), count - 10_000, count)];
    const losses = { droppedPacks: 0, damaged: 0 };
    const writer = new LevelWriter(context, "c".repeat(20), {});
    await mergeInputs(parts.map((part) => levelInput(context, part, losses, {})), writer, () => true, losses);
    const level = await writer.finish();
    expect(losses).toEqual({ droppedPacks: 0, damaged: 0 });
    expect(level.packs).toBe(packs);
    expect(world.names(`idx/${level.generation}/`).map((name) => name.slice(-7))).toEqual(["d000000", "d000001", "e000000", "e000001", "p000000", "p000001"]);

    let entries = 0;
    let before = [-1, 0, 0];
    for await (const [, shard] of readShards(context, level, count, {})) {
      if (typeof shard === "string") throw new Error(shard);
      for (let at = 0; at < shard.length; at += shardEntryBytes, entries++) {
        const entry = [15 - zeroBitsOf(shard.readUInt32BE(at + 4)), shard.readUInt32BE(at), shard.readUInt32BE(at + 4)];
        if (!isBefore(before, entry)) throw new Error(`${String(entry)} after ${String(before)}`);
        before = entry;
      }
    }
    expect(entries).toBe(count);

    await world.store.put(objectNames.indexManifest, sealIndexManifest(world.keys, { change: "0".repeat(32), building: null, levels: [level] }));
    for (const memoryBytes of [2 ** 26, 2 ** 20]) {
      const index = await world.index(memoryBytes);
      const { sampledOneIn, damaged, blocks } = index.statistics;
      expect(damaged).toBe(0);
      expect(sampledOneIn > 1).toBe(memoryBytes === 2 ** 20);
      const sampling = Math.log2(sampledOneIn);
      expect(blocks / sampledEntries(level, sampling)).toBeCloseTo(1, 3);
      const id = Buffer.alloc(16);
      for (let block = 0; block < count; block++) {
        id.writeUInt32BE(highOf(block), 0);
        id.writeUInt32BE(lowOf(block), 4);
        const pack = index.packOf(id);
        const found = pack === undefined ? undefined : index.packId(pack)?.number;
        if (found !== (isSampled(lowOf(block), sampling) ? packOf(block) : undefined)) throw new Error(`block ${String(block)} leads to pack ${String(found)}`);
      }
    }
  });
});

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((part, position) => part !== b[position]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
