import { inspect } from "node:util";
import { backUpReader, backUpVolume, restoreBlocks, type ReaderBackupContext, type ReaderBackupResult, type ReaderBackupTask, type VolumeBackupResult, type VolumeBackupTask, type VolumeRestoreContext, type VolumeRestoreResult } from "../mover/index.js";
import type { BlockReader } from "../ports/index.js";
import { SealThreads } from "../repository/pack/sealing/seal-threads.js";
import type { ResolvedInProcessOptions } from "./in-process-options.js";
import { Slots } from "./slots.js";
import type { BackupContext, Workers } from "./workers.js";

/** Moves data in this very process, a few volumes at a time. */
export class InProcessWorkers implements Workers {
  readonly #options: ResolvedInProcessOptions;
  readonly #slots: Slots;
  readonly #sealThreads: SealThreads | undefined;
  #backups = 0;

  constructor(options: ResolvedInProcessOptions) {
    this.#options = options;
    this.#slots = new Slots(options.maxParallelVolumes);
    this.#sealThreads = options.threads === 0 ? undefined : new SealThreads({ threads: options.threads });
  }

  async backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult> {
    return await this.#moved((parts) => backUpVolume(task, { ...context, ...parts }), context.signal);
  }

  /** Backs up what any reader gives. The reader stays the caller's. */
  async backUpReader(reader: BlockReader, task: ReaderBackupTask, context: ReaderBackupContext): Promise<ReaderBackupResult> {
    return await this.#moved((parts) => backUpReader(reader, task, { ...context, ...parts }), context.signal);
  }

  async restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>> {
    return await this.#slots.run(() => restoreBlocks(context), context.signal);
  }

  async #moved<Result>(move: (parts: Pick<ReaderBackupContext, "maxReadsInFlight" | "minCompressionLevel" | "sealer">) => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    const { maxReadsInFlight, minCompressionLevel } = this.#options;
    return await this.#slots.run(async () => {
      this.#backups++;
      try {
        return await move({ maxReadsInFlight, minCompressionLevel, sealer: this.#sealThreads });
      } finally {
        // threads hold memory: they are there while something is backed up
        if (--this.#backups === 0) await this.#sealThreads?.close();
      }
    }, signal);
  }

  /** How it prints: how many tasks at a time. */
  [inspect.custom](): string {
    return `in this process, ${String(this.#options.maxParallelVolumes)} volumes at a time`;
  }
}
