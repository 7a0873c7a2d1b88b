import { ConfigurationError } from "../../errors/index.js";

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
  const fail = (path: string, what: string): ConfigurationError => new ConfigurationError(`${path}: ${what}`, { code: "InvalidOption", context: { path } });
  if (options === undefined) return { memoryBytes: defaultMemoryBytes };
  const given: unknown = options;
  if (typeof given !== "object" || given === null) throw fail("index", "must be an object { memoryBytes }.");
  for (const key of Object.keys(given)) if (key !== "memoryBytes") throw fail(`index.${key}`, "is not an option of the dedup index; the option is memoryBytes.");
  const { memoryBytes = defaultMemoryBytes } = options;
  if (!Number.isSafeInteger(memoryBytes) || memoryBytes < minMemoryBytes) {
    throw fail("index.memoryBytes", `must be a whole number of at least ${String(minMemoryBytes)} (1 MiB), not ${String(memoryBytes)}.`);
  }
  return { memoryBytes };
}
