import { inspect } from "node:util";
import { backUpVolume, restoreBlocks, type VolumeBackupResult, type VolumeBackupTask, type VolumeRestoreContext, type VolumeRestoreResult } from "../mover/index.js";
import { sealHere, type FrameSealer } from "../repository/pack/sealing/frame-sealer.js";
import { SealThreads } from "../repository/pack/sealing/seal-threads.js";
import type { ResolvedInProcessOptions } from "./in-process-options.js";
import { Slots } from "./slots.js";
import type { BackupContext, Workers } from "./workers.js";

/** Moves data in this very process, a few volumes at a time. */
export class InProcessWorkers implements Workers {
  readonly #options: ResolvedInProcessOptions;
  readonly #slots: Slots;
  readonly #sealer: FrameSealer;

  constructor(options: ResolvedInProcessOptions) {
    this.#options = options;
    this.#slots = new Slots(options.maxParallelVolumes);
    this.#sealer = options.threads === 0 ? sealHere : new SealThreads({ threads: options.threads });
  }

  async backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult> {
    return await this.#slots.run(() => backUpVolume(task, { ...context, maxReadsInFlight: this.#options.maxReadsInFlight, sealer: this.#sealer, minCompressionLevel: this.#options.minCompressionLevel }), context.signal);
  }

  async restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>> {
    return await this.#slots.run(() => restoreBlocks(context), context.signal);
  }

  /** How it prints: how many tasks at a time. */
  [inspect.custom](): string {
    return `in this process, ${String(this.#options.maxParallelVolumes)} volumes at a time`;
  }
}
