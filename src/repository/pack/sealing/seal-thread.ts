// A thread that seals blocks: the entry of a worker thread, and nothing else.
import { parentPort } from "node:worker_threads";
import { HoldfastError } from "../../../errors/index.js";
import { sealBlock } from "../frame-codec.js";
import type { SealAnswer, SealRequest } from "./seal-messages.js";
import { SealSlot } from "./seal-slot.js";

const slots = new Map<number, SealSlot>();

parentPort?.on("message", (request: SealRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer(request: SealRequest): SealAnswer {
  if (request.memory !== undefined) slots.set(request.slot, new SealSlot(request.memory));
  const slot = slots.get(request.slot);
  if (slot === undefined) return { slot: request.slot, failure: { message: "this thread was not given the memory of the slot", code: "NoSlot" } };
  try {
    const frame = sealBlock(slot.seal(request.level), slot.block);
    return { slot: request.slot, length: slot.put(frame), compression: frame.compression };
  } catch (error) {
    return { slot: request.slot, failure: { message: error instanceof Error ? error.message : String(error), code: HoldfastError.isInstance(error) ? error.code : "Unexpected" } };
  }
}
