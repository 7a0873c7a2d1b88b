import { checkOptionNames, invalidOption } from "../../options/option-error.js";

/** How much of the dedup index a writer keeps in memory. */
export interface IndexOptions {
  /** Default 384 MiB, at least 1 MiB. About 10 bytes a block: of more blocks than fit one in 2, 4, 8, … is kept, which leads to those stored beside it. */
  readonly memoryBytes?: number | undefined;
}

export interface ResolvedIndexOptions {
  readonly memoryBytes: number;
}

/** Every block of thirty million, 15 TiB of different data; one in 32 of 10^9. Taken as it is needed. */
const defaultMemoryBytes = 384 * 2 ** 20;
const minMemoryBytes = 2 ** 20;

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolveIndexOptions(options: IndexOptions | undefined): ResolvedIndexOptions {
  if (options === undefined) return { memoryBytes: defaultMemoryBytes };
  checkOptionNames(options, ["memoryBytes"], "the dedup index", "index");
  const { memoryBytes = defaultMemoryBytes } = options;
  if (!Number.isSafeInteger(memoryBytes) || memoryBytes < minMemoryBytes) {
    throw invalidOption("index.memoryBytes", memoryBytes, `must be a whole number of at least ${String(minMemoryBytes)} (1 MiB).`);
  }
  return { memoryBytes };
}
