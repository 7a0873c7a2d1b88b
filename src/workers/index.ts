export { WorkerPool } from "./worker-pool.js";
export type { InProcessOptions } from "./in-process-options.js";
export { Slots } from "./slots.js";
export type { InProcessWorkers } from "./in-process-workers.js";
export type { WorkerNetwork, WorkerPoolOptions } from "./pool-options.js";
export type { ConfigurationPlace, MoverBundle, WorkerPoolEnvironment } from "./pool-context.js";
export type { BackupContext, NotedRestore, RegionalLabels, RestoreNote, WorkLabels, WorkMachine, Workers } from "./workers.js";
