import { Worker } from "node:worker_threads";
import { inject } from "vitest";
import { threadOptions } from "../../../src/repository/pack/sealing/start-thread.js";

/** Starts a thread as the package does, by its built program; stands in for `src/repository/pack/sealing/start-thread.ts`. */
export function startThread(): Worker {
  const worker = new Worker(inject("sealThread"), threadOptions);
  worker.unref();
  return worker;
}
