export { WorkerPool } from "./worker-pool.js";
export type { InProcessOptions } from "./in-process-options.js";
export { Slots } from "./slots.js";
export type { InProcessWorkers } from "./in-process-workers.js";
export type { BackupContext, Workers } from "./workers.js";
