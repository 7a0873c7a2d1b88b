import type { Clock, Logger, ObjectPlace, ObjectStore, Random } from "../ports/index.js";
import type { DedupIndex } from "./index/dedup-index.js";
import type { RepositoryLocks } from "./locks/repository-locks.js";
import type { KeyRing } from "./keys/key-ring.js";
import type { OpenedSlot } from "./keys/opened-slot.js";
import type { PackLimits } from "./pack/pack-options.js";

export type { SignalOptions } from "./signal-options.js";

/** What every operation on an opened repository needs. */
export interface RepositoryContext {
  readonly store: ObjectStore;
  /** How another machine finds the store; absent where no other can. */
  readonly place?: ObjectPlace | undefined;
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How long the records of restores, verifications and retention passes stay. */
  readonly keepSessionDays?: number | undefined;
  /** The limits of the repository's data packs. */
  readonly packs: PackLimits;
  /** What of the dedup index is in memory: shared by all writers. */
  readonly index: DedupIndex;
  /** Of an immutable repository: its locks. */
  readonly locks?: RepositoryLocks | undefined;
  /** Whether the repository is immutable and lies in a place that cannot lock: it can be read there, not written. */
  readonly isReadOnly?: boolean | undefined;
  /** The key slot that opened the repository, with the SHA-256 of its bytes then: what proves that it still would. */
  readonly openedSlot?: OpenedSlot | undefined;
  /** `holdfast.json` as it was read, or written, when the repository was opened: its MAC was right. */
  readonly openedConfiguration?: Buffer | undefined;
}
