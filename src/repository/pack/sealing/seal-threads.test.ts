import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { blockSizeBytes } from "../../../ports/index.js";
import { KeyRing } from "../../keys/key-ring.js";
import { frameSeal, openFrame, type SealedFrame } from "../frame-codec.js";
import { CompressionPace } from "./compression-pace.js";
import { sealHere, type FrameSealer, type Sealing } from "./frame-sealer.js";
import { SealThreads } from "./seal-threads.js";

const keys = new KeyRing(Buffer.alloc(32, 7), Buffer.alloc(16, 9));
const threads: SealThreads[] = [];
const warnings: string[] = [];

function sealer(options: { readonly threads: number; readonly blocksBeforeThreads?: number }): SealThreads {
  const silent = (): void => undefined;
  const made = new SealThreads({ blocksBeforeThreads: 0, logger: { debug: silent, info: silent, warn: (message) => void warnings.push(message), error: silent }, ...options });
  threads.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(threads.splice(0).map((one) => one.close()));
  // a thread that could not be had would be told of, and this test would be of the calling thread alone
  expect(warnings).toEqual([]);
});

/** Blocks of all kinds: a text that repeats, bytes without pattern, and half of each. */
function block(number: number): Buffer {
  const data = Buffer.alloc(blockSizeBytes, `block ${String(number)} `);
  if (number % 3 === 0) return data;
  const from = number % 3 === 1 ? 0 : blockSizeBytes / 2;
  let state = number * 2654435761;
  for (let offset = from; offset < blockSizeBytes; offset += 4) data.writeUInt32LE((state = (Math.imul(state, 1664525) + 1013904223) >>> 0), offset);
  return data;
}

function idOf(data: Buffer): Buffer {
  return keys.blockId(createHash("sha256").update(data).digest());
}

async function begin(into: FrameSealer, data: Buffer, level = 1): Promise<Sealing> {
  return (await into.place()).begin(frameSeal(keys, idOf(data), level), data);
}

function opened({ parts, length, compression, blockId }: SealedFrame): Buffer {
  return openFrame(keys, Buffer.concat(parts), { blockId, length, compression }).data;
}

describe("threads that seal blocks", () => {
  it("seal what a reader opens to the same block, each in its own place, whatever the level", async () => {
    const into = sealer({ threads: 2 });
    const frames: Buffer[] = [];
    const work = Array.from({ length: 24 }, async (_, number) => {
      const data = block(number);
      const { frame, release } = await begin(into, data, [-5, -3, 1, 3][number % 4]);
      // its memory is the caller's again
      data.fill(0);
      frames[number] = opened(await frame);
      release();
    });
    await Promise.all(work);
    for (const [number, data] of frames.entries()) expect(data.equals(block(number))).toBe(true);
  });

  it("take no more blocks than they have places, until one is given back", async () => {
    const into = sealer({ threads: 1 });
    const held = await Promise.all(Array.from({ length: into.lookAhead }, (_, number) => begin(into, block(number))));
    let hasEntered = false;
    const next = Promise.resolve(into.place()).then((place) => {
      hasEntered = true;
      place.leave();
    });
    await Promise.all(held.map(({ frame }) => frame));
    expect(hasEntered).toBe(false);
    held[0]?.release();
    await next;
    const abort = new AbortController();
    const places = [await into.place()];
    const waiting = Promise.resolve(into.place(abort.signal));
    abort.abort(new Error("not wanted any more"));
    await expect(waiting).rejects.toThrow("not wanted any more");
    for (const place of places) place.leave();
    for (const { release } of held.slice(1)) release();
  });

  it("that end in the middle of their work lose no block", async () => {
    const into = sealer({ threads: 2 });
    const blocks = Array.from({ length: into.lookAhead }, (_, number) => block(number));
    const sealing = await Promise.all(blocks.map((data) => begin(into, data)));
    await into.close();
    for (const [number, { frame, release }] of sealing.entries()) {
      expect(opened(await frame).equals(block(number))).toBe(true);
      release();
    }
    const later = await begin(into, block(1));
    expect(opened(await later.frame).equals(block(1))).toBe(true);
  });

  it("are not begun for a few blocks", async () => {
    const into = sealer({ threads: 2, blocksBeforeThreads: 2 });
    for (const number of [1, 2]) expect((await begin(into, block(number))).frame).toBeInstanceOf(Promise);
    expect(into.isBusy).toBe(false);
    expect(sealHere.lookAhead).toBe(0);
  });
});

describe("the pace of compression", () => {
  function pace(minLevel?: number): { readonly run: (waits: { readonly source?: number; readonly sealing?: number; readonly store?: number }) => number } {
    let nowMs = 0;
    const made = new CompressionPace({ now: () => new Date(nowMs), monotonicMs: () => nowMs, sleep: () => Promise.resolve() }, { minLevel });
    return {
      run: ({ source = 0, sealing = 0, store = 0 }) => {
        made.waited("source", source);
        made.waited("sealing", sealing);
        made.waited("store", store);
        nowMs += source + sealing + store + 10;
        for (let count = 0; count < 32; count++) made.sealed();
        return made.level;
      },
    };
  }

  it("falls step by step while sealing holds the run back, and no further than it may", () => {
    expect([1, 2].map(() => pace().run({ sealing: 90 }))).toEqual([1, 1]);
    const { run } = pace(-5);
    expect([1, 2, 3, 4].map(() => run({ sealing: 90 }))).toEqual([-3, -5, -5, -5]);
  });

  it("rises while the source or the store does", () => {
    const { run } = pace();
    expect([run({ source: 90 }), run({ store: 90 }), run({ source: 50, store: 50 })]).toEqual([2, 3, 3]);
  });

  it("stays where neither does", () => {
    const { run } = pace();
    expect([run({ source: 85, sealing: 15 }), run({})]).toEqual([1, 1]);
  });
});
