import { HoldfastError } from "../../src/errors/index.js";
import type { Scheduler } from "./scheduler.js";

/** What the engine may end with when others work beside it: somebody else was faster, or took it for dead. Everything else is a failure. */
export function expectOnlyConflicts({ processes }: Scheduler): void {
  for (const { name, failure } of processes) {
    if (failure === undefined || (HoldfastError.isInstance(failure) && failure.name === "ConflictError" && failure.retryable)) continue;
    throw new Error(`${name} failed: ${failure instanceof Error ? failure.message : "for no reason given"}`, { cause: failure });
  }
}
