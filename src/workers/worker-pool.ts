import { inspect } from "node:util";
import { ConfigurationError } from "../errors/index.js";
import type { VolumeBackupResult, VolumeBackupTask, VolumeRestoreContext, VolumeRestoreResult } from "../mover/index.js";
import { resolveInProcessOptions, type InProcessOptions } from "./in-process-options.js";
import { InProcessWorkers } from "./in-process-workers.js";
import type { BackupContext, Workers } from "./workers.js";

/**
 * Who moves data. In this version: this process.
 *
 * @example
 * const workers = WorkerPool.inProcess({ maxParallelVolumes: 4 });
 */
export class WorkerPool implements Workers {
  readonly #workers: Workers;

  /** Workers of their own on EC2 are not in this version: with their options it raises `ConfigurationError` (`NotSupported`). Use `inProcess`. */
  constructor(options: Readonly<Record<string, unknown>> | InProcessWorkers) {
    if (!(options instanceof InProcessWorkers)) {
      throw new ConfigurationError("new WorkerPool(...): workers on EC2 are not supported in this version of holdfast. Use WorkerPool.inProcess().", { code: "NotSupported", context: { path: "workers" } });
    }
    this.#workers = options;
  }

  /** Workers in this process: for small estates, tests, and machines that are near to the data anyway. */
  static inProcess(options: InProcessOptions = {}): WorkerPool {
    return new WorkerPool(new InProcessWorkers(resolveInProcessOptions(options)));
  }

  async backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult> {
    return await this.#workers.backUpVolume(task, context);
  }

  async restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>> {
    return await this.#workers.restoreBlocks(context);
  }

  /** How it prints: what kind of workers. */
  [inspect.custom](): string {
    return `WorkerPool ${inspect(this.#workers)}`;
  }
}
