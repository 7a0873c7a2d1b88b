import type { Clock, Logger, ObjectStore, Random } from "../ports/index.js";
import type { DedupIndex } from "./index/dedup-index.js";
import type { KeyRing } from "./keys/key-ring.js";

export type { SignalOptions } from "./signal-options.js";

/** What every operation on an opened repository needs. */
export interface RepositoryContext {
  readonly store: ObjectStore;
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** What of the dedup index is in memory: shared by all writers. */
  readonly index: DedupIndex;
}
