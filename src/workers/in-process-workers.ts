import { inspect } from "node:util";
import { abandonWriter, backUpReader, backUpVolume, restoreBlocks, type ReaderBackupContext, type ReaderBackupResult, type ReaderBackupTask, type VolumeBackupResult, type VolumeBackupTask, type VolumeRestoreContext, type VolumeRestoreResult } from "../mover/index.js";
import type { BlockReader } from "../ports/index.js";
import { BlockThreads } from "../repository/pack/sealing/block-threads.js";
import { OpenThreads } from "../repository/pack/sealing/open-threads.js";
import { SealThreads } from "../repository/pack/sealing/seal-threads.js";
import type { ResolvedInProcessOptions } from "./in-process-options.js";
import { Slots } from "./slots.js";
import type { BackupContext, Workers } from "./workers.js";

/** Moves data in this very process, a few volumes at a time. */
export class InProcessWorkers implements Workers {
  readonly #options: ResolvedInProcessOptions;
  readonly #slots: Slots;
  /** One set of threads for both. */
  readonly #sealer: SealThreads | undefined;
  readonly #opener: OpenThreads | undefined;
  #volumes = 0;

  constructor(options: ResolvedInProcessOptions) {
    this.#options = options;
    this.#slots = new Slots(options.maxParallelVolumes);
    if (options.threads === 0) return;
    const threads = new BlockThreads({ threads: options.threads });
    this.#sealer = new SealThreads({ threads });
    this.#opener = new OpenThreads({ threads, maxHeldBlocks: options.maxParallelVolumes * options.maxHeldBlocks });
  }

  async backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult> {
    return await this.#move(context.signal, () => backUpVolume(task, { ...context, ...this.#backupParts() }));
  }

  /** Backs up what any reader gives. The reader stays the caller's. */
  async backUpReader(reader: BlockReader, task: ReaderBackupTask, context: ReaderBackupContext): Promise<ReaderBackupResult> {
    return await this.#move(context.signal, () => backUpReader(reader, task, { ...context, ...this.#backupParts() }));
  }

  async restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>> {
    const turn = { hasCome: false };
    try {
      return await this.#move(context.signal, async () => {
        turn.hasCome = true;
        return await restoreBlocks({ ...context, opener: this.#opener });
      });
    } catch (error) {
      // aborted while it waited in line: what is to be written was begun before
      if (!turn.hasCome) await abandonWriter(context);
      throw error;
    }
  }

  #backupParts(): Pick<ReaderBackupContext, "maxReadsInFlight" | "minCompressionLevel" | "sealer"> {
    const { maxReadsInFlight, minCompressionLevel } = this.#options;
    return { maxReadsInFlight, minCompressionLevel, sealer: this.#sealer };
  }

  async #move<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    return await this.#slots.run(async () => {
      this.#volumes++;
      try {
        return await work();
      } finally {
        // threads hold memory: they are there while something moves
        if (--this.#volumes === 0) {
          await this.#sealer?.close();
          await this.#opener?.close();
        }
      }
    }, signal);
  }

  /** How it prints: how many tasks at a time. */
  [inspect.custom](): string {
    return `in this process, ${String(this.#options.maxParallelVolumes)} volumes at a time`;
  }
}
