import { randomBytes } from "node:crypto";
import type { ObjectStore } from "../../src/ports/index.js";
import { DedupIndex } from "../../src/repository/index/dedup-index.js";
import { KeyRing } from "../../src/repository/keys/key-ring.js";
import { defaultPackLimits } from "../../src/repository/pack/pack-options.js";
import type { RepositoryContext } from "../../src/repository/repository-context.js";

const silent = (): void => undefined;

/** What writing and reading block maps takes, with keys of its own, at no time. */
export function mapContext(store: ObjectStore, warn: (message: string) => void = silent): RepositoryContext {
  return {
    store,
    keys: new KeyRing(randomBytes(32), randomBytes(16)),
    clock: { now: () => new Date(0), monotonicMs: () => 0, sleep: () => Promise.resolve() },
    random: { bytes: randomBytes, fraction: () => 0.5 },
    packs: defaultPackLimits,
    index: new DedupIndex({ memoryBytes: 2 ** 20 }),
    logger: { debug: silent, info: silent, warn, error: silent },
  };
}
