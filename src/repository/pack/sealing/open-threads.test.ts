import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { blockSizeBytes } from "../../../ports/index.js";
import { KeyRing } from "../../keys/key-ring.js";
import { frameOpening, openFrame, sealFrame, type FrameOpening, type OpenedBlock } from "../frame-codec.js";
import { BlockThreads } from "./block-threads.js";
import { OpenThreads } from "./open-threads.js";
import { SealThreads } from "./seal-threads.js";

const keys = new KeyRing(Buffer.alloc(32, 7), Buffer.alloc(16, 9));
const opened: OpenThreads[] = [];
const warnings: string[] = [];

function threads(count: number): BlockThreads {
  const silent = (): void => undefined;
  return new BlockThreads({ threads: count, logger: { debug: silent, info: silent, warn: (message) => void warnings.push(message), error: silent } });
}

function opener(on: BlockThreads, maxHeldBlocks = 32): OpenThreads {
  const made = new OpenThreads({ threads: on, maxHeldBlocks, blocksBeforeThreads: 0 });
  opened.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  // a thread that could not be had would be told of, and this test would be of the calling thread alone
  expect(warnings).toEqual([]);
});

/** A text that repeats, or bytes without a pattern, which are stored as they are. */
function block(number: number): Buffer {
  const data = Buffer.alloc(blockSizeBytes, `block ${String(number)} `);
  if (number % 2 === 0) return data;
  let state = number * 2654435761;
  for (let offset = 0; offset < blockSizeBytes; offset += 4) data.writeUInt32LE((state = (Math.imul(state, 1664525) + 1013904223) >>> 0), offset);
  return data;
}

function sealed(data: Buffer): { readonly frame: Buffer; readonly opening: FrameOpening } {
  const { parts, blockId, length, compression } = sealFrame(keys, keys.blockId(createHash("sha256").update(data).digest()), data);
  const frame = Buffer.concat(parts);
  return { frame, opening: frameOpening(keys, frame, { blockId, length, compression }) };
}

async function open(by: OpenThreads, number: number): Promise<OpenedBlock> {
  const { frame, opening } = sealed(block(number));
  return await by.open(opening, frame);
}

describe("threads that open blocks", () => {
  it("give each block as it was, with its SHA-256, in memory that later blocks use again", async () => {
    const by = opener(threads(2), 4);
    await Promise.all(
      Array.from({ length: 24 }, async (_, number) => {
        const { data, sha256, release } = await open(by, number);
        expect(data.equals(block(number))).toBe(true);
        expect(sha256.equals(createHash("sha256").update(block(number)).digest())).toBe(true);
        release?.();
      }),
    );
  });

  it("are the same threads that seal", async () => {
    const shared = threads(1);
    const sealer = new SealThreads({ threads: shared, blocksBeforeThreads: 0 });
    const data = block(2);
    const blockId = keys.blockId(createHash("sha256").update(data).digest());
    const sealing = (await sealer.place()).begin({ repositoryId: keys.repositoryId, blockId, key: keys.blockKey(0, blockId), level: 1 }, data);
    const { data: found, release } = await open(opener(shared), 3);
    expect(found.equals(block(3))).toBe(true);
    release?.();
    const { parts, length, compression } = await sealing.frame;
    expect(openFrame(keys, Buffer.concat(parts), { blockId, length, compression }).data.equals(data)).toBe(true);
    sealing.release();
  });

  it("refuse what is damaged, or another block, with the reason; the next block is opened", async () => {
    const by = opener(threads(1));
    const { frame, opening } = sealed(block(1));
    frame.writeUInt8(frame.readUInt8(1_000) ^ 1, 1_000);
    await expect(by.open(opening, frame)).rejects.toMatchObject({ name: "IntegrityError", code: "DamagedFrame", message: /authentication tag/ });
    const good = sealed(block(1));
    // sealed with its own key, but not the content that the id names
    await expect(by.open({ ...good.opening, idKey: Buffer.alloc(32, 1) }, good.frame)).rejects.toMatchObject({ name: "IntegrityError", message: /not what its id says/ });
    expect((await open(by, 2)).data.equals(block(2))).toBe(true);
  });

  it("open no more than may be held, until one is released", async () => {
    const by = opener(threads(1), 1);
    const held = await Promise.all(Array.from({ length: by.lookAhead + 1 }, (_, number) => open(by, number)));
    let isOpen = false;
    const next = open(by, 9).then((one) => {
      isOpen = true;
      one.release?.();
    });
    await open(opener(threads(1)), 0);
    expect(isOpen).toBe(false);
    const abort = new AbortController();
    const { frame, opening } = sealed(block(3));
    const waiting = Promise.resolve(by.open(opening, frame, abort.signal));
    abort.abort(new Error("not wanted any more"));
    await expect(waiting).rejects.toThrow("not wanted any more");
    held[0]?.release?.();
    await next;
  });

  it("that end in the middle of their work lose no block", async () => {
    const by = opener(threads(2));
    const opening = Array.from({ length: 12 }, (_, number) => open(by, number));
    await by.close();
    for (const [number, one] of (await Promise.all(opening)).entries()) expect(one.data.equals(block(number))).toBe(true);
  });
});
