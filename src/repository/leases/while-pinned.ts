import { ConflictError, HoldfastError } from "../../errors/index.js";
import type { Logger } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import type { ReaderSession } from "./reader-session.js";

/** Who reads, and how it pins what it reads. */
export interface PinnedReader {
  /** For people: `restore`, `copy`. */
  readonly what: string;
  readonly pin: () => Promise<ReaderSession>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Reads restore points while they are pinned, so that they can be removed meanwhile and still be read to their end. Who may only
 * read the storage cannot pin: the reading goes on without, says so in the log, and fails where a collection comes in between.
 */
export async function whilePinned<Result>(reader: PinnedReader, read: () => Promise<Result>): Promise<Result> {
  const { what, logger, signal } = reader;
  const pin = await tryPin(reader);
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    throw pin === undefined ? error : await explained(pin, what, error);
  } finally {
    await pin?.end().catch((error: unknown) => {
      logger.warn(`a ${what} could not remove its pin; a collection ends it later`, { error: asError(error).message });
    });
  }
}

/** A pin, or `undefined` where the storage may only be read. Whoever gets one must `end` it. */
export async function tryPin({ what, pin, logger, signal }: PinnedReader): Promise<ReaderSession | undefined> {
  try {
    return await pin();
  } catch (error) {
    signal.throwIfAborted();
    // a point that is not there, or a wrong id, is raised by who looks for it next
    if (!HoldfastError.isInstance(error)) throw error;
    logger.warn(`a ${what} runs without a pin: if its restore point is removed and collected meanwhile, it fails`, { error: error.message });
    return undefined;
  }
}

/** Of a failure after the pin was lost, that is the reason; whether it was, the store tells. */
async function explained(pin: ReaderSession, what: string, error: unknown): Promise<unknown> {
  try {
    await pin.confirm();
    return error;
  } catch (lost) {
    if (!(HoldfastError.isInstance(lost) && lost.code === "LeaseLost")) return error;
    return new ConflictError(`${lost.message} What the ${what} was reading may have been removed: ${asError(error).message}`, { code: "LeaseLost", retryable: true, cause: error });
  }
}
