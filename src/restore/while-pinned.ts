import { ConflictError, HoldfastError } from "../errors/index.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import type { ReaderSession } from "../repository/leases/reader-session.js";
import type { Repository } from "../repository/repository.js";
import { asError, type EngineEnvironment } from "../session/index.js";

/**
 * Reads a restore point while it is pinned, so that it can be removed meanwhile and still be read to its end. Who may only
 * read the storage cannot pin: the restore goes on without, and says so in the log.
 */
export async function whilePinned<Result>(environment: EngineEnvironment, repository: Repository, point: RestorePoint | string, signal: AbortSignal, read: () => Promise<Result>): Promise<Result> {
  const pin = await tryPin(environment, repository, point, signal);
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    throw pin === undefined ? error : await explained(pin, error);
  } finally {
    await pin?.end().catch((error: unknown) => {
      environment.logger.warn("a restore could not remove its pin; a collection ends it later", { error: asError(error).message });
    });
  }
}

async function tryPin({ logger }: EngineEnvironment, repository: Repository, point: RestorePoint | string, signal: AbortSignal): Promise<ReaderSession | undefined> {
  try {
    return await repository.pin([point], { signal });
  } catch (error) {
    signal.throwIfAborted();
    // a point that is not there, or a wrong id, is raised by who looks for it next
    if (!HoldfastError.isInstance(error)) throw error;
    logger.warn("a restore runs without a pin: if its restore point is removed and collected meanwhile, it fails", { error: error.message });
    return undefined;
  }
}

/** Of a failure after the pin was lost, that is the reason; whether it was, the store tells. */
async function explained(pin: ReaderSession, error: unknown): Promise<unknown> {
  try {
    await pin.confirm();
    return error;
  } catch (lost) {
    if (!(HoldfastError.isInstance(lost) && lost.code === "LeaseLost")) return error;
    return new ConflictError(`${lost.message} What the restore was reading may have been removed: ${asError(error).message}`, { code: "LeaseLost", retryable: true, cause: error });
  }
}
