import { availableParallelism } from "node:os";
import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { invalidOption } from "../options/option-error.js";
import { blockSizeBytes } from "../ports/index.js";
import { defaultMinLevel, fastestLevel, strongestLevel } from "../repository/pack/sealing/compression-pace.js";

/** How volumes are moved in this process. */
export interface InProcessOptions {
  /** Volumes that move at the same time, 1 to 64. Default: 2. */
  readonly maxParallelVolumes?: number | undefined;
  /**
   * Threads that compress and seal blocks in a backup, and open them in a restore, 0 to 16, for all volumes together. Default: one for each processor, at most 4. With 0 the calling thread does that too: it costs the same in
   * sum, and takes longer.
   */
  readonly threads?: number | undefined;
  /**
   * The fastest level of zstd, -5 to 3, that is taken while the processor is what holds a backup back. While the network, a limit or the store does, it is up to 3. Default: 1. Lower ones
   * take up to an eighth less processor time and store up to a third more.
   */
  readonly minCompressionLevel?: number | undefined;
  /** Memory for data on its way, for all volumes together. Default: 192 MiB for each volume; at least 144 MiB for each. */
  readonly memoryBytes?: number | undefined;
}

export interface ResolvedInProcessOptions {
  readonly maxParallelVolumes: number;
  readonly threads: number;
  readonly minCompressionLevel: number;
  /** 512 KiB reads that one volume has under way. */
  readonly maxReadsInFlight: number;
  /** Opened blocks that a restored volume may hold until they are written. */
  readonly maxHeldBlocks: number;
}

/** Four packs of 32 MiB: the one being filled and three on their way to the store. */
const packBytesPerVolume = 128 * 2 ** 20;
const minBytesPerVolume = 144 * 2 ** 20;
const defaultBytesPerVolume = 192 * 2 ** 20;
const defaultParallelVolumes = 2;
const maxParallelVolumes = 64;
/** 64 reads under way are 1,000 a second at 64 ms each, which is all that EBS gives for a snapshot; twice that is more than enough. */
const mostReadsInFlight = 128;

/** In a restore, the same memory holds four ranges of packs of 17 MiB, and blocks on their way: 128 of them are 1,000 writes a second at 128 ms each. */
const rangeBytesPerVolume = 68 * 2 ** 20;
const mostHeldBlocks = 128;

/** Four threads seal more than EBS gives of one snapshot. */
const mostDefaultThreads = 4;
const maxThreads = 16;
const threadsRule = `must be a whole number from 0 to ${String(maxThreads)}.`;

const levelRule = `must be a whole number from ${String(fastestLevel)} to ${String(strongestLevel)}.`;

const schema = z.strictObject({
  minCompressionLevel: z.int({ error: levelRule }).min(fastestLevel, levelRule).max(strongestLevel, levelRule).optional(),
  threads: z.int({ error: threadsRule }).min(0, threadsRule).max(maxThreads, threadsRule).optional(),
  maxParallelVolumes: z.int({ error: "must be a whole number from 1 to 64." }).min(1, "must be a whole number from 1 to 64.").max(maxParallelVolumes, "must be a whole number from 1 to 64.").optional(),
  memoryBytes: z.int({ error: "must be a whole number of bytes." }).min(1, "must be a whole number of bytes.").optional(),
});

export function resolveInProcessOptions(options: InProcessOptions): ResolvedInProcessOptions {
  const given = checkOptions<InProcessOptions>(options, { of: "workers in this process", schema });
  const volumes = given.maxParallelVolumes ?? defaultParallelVolumes;
  const memoryBytes = given.memoryBytes ?? volumes * defaultBytesPerVolume;
  const bytesPerVolume = Math.floor(memoryBytes / volumes);
  if (bytesPerVolume < minBytesPerVolume) {
    throw invalidOption("memoryBytes", memoryBytes, `must be at least ${String(volumes * minBytesPerVolume)} for ${String(volumes)} parallel volumes (144 MiB each), or let fewer run in parallel.`);
  }
  return { maxParallelVolumes: volumes, minCompressionLevel: given.minCompressionLevel ?? defaultMinLevel, threads: given.threads ?? Math.min(mostDefaultThreads, availableParallelism()), maxHeldBlocks: Math.min(mostHeldBlocks, Math.floor((bytesPerVolume - rangeBytesPerVolume) / blockSizeBytes)), maxReadsInFlight: Math.min(mostReadsInFlight, Math.floor((bytesPerVolume - packBytesPerVolume) / blockSizeBytes)) };
}
