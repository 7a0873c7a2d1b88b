export { WorkerPool } from "./worker-pool.js";
export type { InProcessOptions } from "./in-process-options.js";
export { Slots } from "./slots.js";
export type { Workers } from "./workers.js";
