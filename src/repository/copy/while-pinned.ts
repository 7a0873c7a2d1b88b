import { HoldfastError } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import { ReaderSession } from "../leases/reader-session.js";
import type { CopyRun } from "./copy-run.js";

/**
 * Reads while the source's groups are pinned, so that points that are removed meanwhile can be read to their end. Who may
 * only read the source cannot pin: the copy goes on without, says so in the log, and fails where a collection comes in between.
 */
export async function whilePinned<Result>({ source, signal }: CopyRun, groupNames: readonly string[], read: () => Promise<Result>): Promise<Result> {
  const pin = await tryPin(source, groupNames, signal);
  try {
    return await read();
  } finally {
    await pin?.end().catch((error: unknown) => {
      source.logger.warn("a copy could not remove its pin; a collection ends it later", { error: asError(error).message });
    });
  }
}

async function tryPin(source: CopyRun["source"], groupNames: readonly string[], signal: AbortSignal): Promise<ReaderSession | undefined> {
  try {
    return await ReaderSession.begin(source, groupNames, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!HoldfastError.isInstance(error)) throw error;
    source.logger.warn("a copy runs without a pin: if its restore point is removed and collected meanwhile, it fails", { error: error.message });
    return undefined;
  }
}
