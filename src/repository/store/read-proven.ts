import type { Logger } from "../../ports/index.js";
import { isCorruption } from "./damage.js";

/**
 * Runs a read that proves what it brings. Bytes that do not prove themselves are read once more before they are called
 * damaged: they may have been spoiled on their way, and a wrong verdict costs as much trust as a missed one.
 */
export async function readProven<T>(logger: Logger, name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isCorruption(error)) throw error;
    const second = await read();
    logger.warn("an object came damaged once and whole when it was read again: something between here and the store spoils data", { object: name, error: error.message });
    return second;
  }
}
