import { HoldfastError } from "../errors/index.js";
import type { Logger } from "../ports/index.js";
import type { RestoreLease, RestoreTurn, RestoreWaiting } from "../repository/leases/restore-lease.js";
import type { Repository } from "../repository/repository.js";

/** Who works at a restore's id, and who hears that another may. */
export interface LeasedRestore extends RestoreTurn {
  readonly repository: Repository;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  /** The caller says that whoever else had it is dead. */
  readonly takeOver?: boolean | undefined;
  readonly onWaiting?: ((waiting: RestoreWaiting) => void) | undefined;
}

/** What says whether this process may work at a restore still. */
export type HeldRestore = Pick<RestoreLease, "lost" | "isHeld">;

/**
 * Works at a restore's id while nobody else does: `ConflictError` (`RestoreUnderway`) before anything is changed where another session does. The lease's `lost` aborts when another may have come in: then nothing is taken back.
 * Where the storage can be read alone - that is all that is allowed, it is full, or its writes fail -, no lease can be taken: the restore goes on without, and says so in the log.
 */
export async function whileLeased<Result>(restore: LeasedRestore, work: (lease: HeldRestore | undefined) => Promise<Result>): Promise<Result> {
  const lease = await tryLease(restore);
  try {
    return await work(lease);
  } finally {
    await lease?.end();
  }
}

async function tryLease({ repository, logger, signal, takeOver, onWaiting, ...turn }: LeasedRestore): Promise<RestoreLease | undefined> {
  try {
    return await repository.history.takeRestore(turn, { signal, force: takeOver, onWaiting });
  } catch (error) {
    signal?.throwIfAborted();
    if (!HoldfastError.isInstance(error) || error.name === "ConflictError") throw error;
    logger.warn("a restore runs without a lease: another process with the same id is not kept from working at it", { restore: turn.id, error: error.message });
    return undefined;
  }
}
