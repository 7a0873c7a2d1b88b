// A thread that seals and opens blocks: the entry of a worker thread, and nothing else.
import { parentPort } from "node:worker_threads";
import { HoldfastError } from "../../../errors/index.js";
import { openBlock, sealBlock } from "../frame-codec.js";
import { OpenSlot } from "./open-slot.js";
import { SealSlot } from "./seal-slot.js";
import type { ThreadAnswer, ThreadRequest } from "./thread-messages.js";

const slots = new Map<number, SealSlot | OpenSlot>();

parentPort?.on("message", (request: ThreadRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer({ slot: number, work, memory }: ThreadRequest): ThreadAnswer {
  if (memory !== undefined) slots.set(number, work.kind === "seal" ? new SealSlot({ number, memory }) : new OpenSlot({ number, memory }));
  const slot = slots.get(number);
  try {
    if (work.kind === "seal" && slot instanceof SealSlot) {
      const frame = sealBlock(slot.seal(work.level), slot.block);
      return { length: slot.put(frame), compression: frame.compression };
    }
    if (work.kind === "open" && slot instanceof OpenSlot) {
      slot.put(openBlock(slot.opening(work.length, work.compression), slot.frame(work.length)));
      return { length: work.length, compression: work.compression };
    }
    return { failure: { message: "this thread was not given the memory of the slot", code: "NoSlot" } };
  } catch (error) {
    return { failure: { message: error instanceof Error ? error.message : String(error), code: HoldfastError.isInstance(error) ? error.code : "Unexpected" } };
  }
}
