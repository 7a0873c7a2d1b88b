import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it } from "vitest";
import { blockSizeBytes } from "../../src/ports/index.js";
import { KeyRing } from "../../src/repository/keys/key-ring.js";
import { frameSeal, openFrame } from "../../src/repository/pack/frame-codec.js";
import { SealSlot } from "../../src/repository/pack/sealing/seal-slot.js";
import type { ThreadAnswer, ThreadRequest } from "../../src/repository/pack/sealing/thread-messages.js";
import { buildMover } from "../support/build-mover.js";

let mover: Awaited<ReturnType<typeof buildMover>>;
beforeAll(async () => {
  mover = await buildMover();
});
afterAll(async () => {
  await rm(mover.folder, { recursive: true, force: true });
});

it("the data mover's bundle brings the code of its threads, which seal what a reader opens", async () => {
  const keys = new KeyRing(Buffer.alloc(32, 7), Buffer.alloc(16, 9));
  const block = Buffer.alloc(blockSizeBytes, "a block of the mover ");
  const blockId = keys.blockId(createHash("sha256").update(block).digest());
  const slot = new SealSlot({ number: 0 });
  slot.fill(frameSeal(keys, blockId, 1), block);
  const thread = new Worker(join(dirname(mover.program), "seal-thread.mjs"));
  try {
    const request: ThreadRequest = { slot: 0, work: { kind: "seal", level: 1 }, memory: slot.memory };
    thread.postMessage(request);
    const [answer] = (await once(thread, "message")) as [ThreadAnswer];
    if (answer.failure !== undefined) throw new Error(answer.failure.message);
    const { parts, ...frame } = slot.frame(blockId, answer.compression, answer.length);
    expect(openFrame(keys, Buffer.concat(parts), frame).data.equals(block)).toBe(true);
  } finally {
    await thread.terminate();
  }
});
