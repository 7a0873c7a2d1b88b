import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";

/** A thread makes little but large buffers, which go only when their small objects are collected: a small young generation sees them sooner. 20 MiB less for two threads, at the same processor time. */
export const threadOptions: WorkerOptions = { resourceLimits: { maxYoungGenerationSizeMb: 2 } };

/**
 * Starts a thread that seals and opens blocks. In the package, and in the data mover's bundle, its code is a file beside this one's, with the same ending. Run from the source, as examples and benchmarks
 * are, it is TypeScript and needs its loader; the tests build it once, and start it by `test/support/built-thread`.
 */
export function startThread(): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  const url = new URL(`./seal-thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  const worker = isSource ? new Worker(`import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`, { eval: true }) : new Worker(url, threadOptions);
  worker.unref();
  return worker;
}
