import { HoldfastError } from "../../../errors/index.js";
import type { CallOptions, Clock } from "../../../ports/index.js";

/** The first wait between two looks. */
const minPeriodMs = 250;
/** No two looks are further apart. */
const maxPeriodMs = 10_000;
/** So the end is noticed at most a tenth of the time waited so far too late: 2 seconds apart after 20 seconds. */
const lateness = 0.1;

export interface PollOptions extends CallOptions {
  readonly clock: Clock;
  /** For how long from the beginning a resource that was just made may not be found. Default: it must be there. */
  readonly missingForMs?: number | undefined;
}

/**
 * Looks again and again until `look` says something. What is not found is looked for again for a while, because EC2's
 * listings lag behind: but not once it was there.
 */
export async function poll<T>(options: PollOptions, look: (elapsedMs: number) => Promise<T | undefined>): Promise<T> {
  const { clock, missingForMs = 0, signal } = options;
  const startedAtMs = clock.monotonicMs();
  let wasFound = false;
  while (true) {
    try {
      const result = await look(clock.monotonicMs() - startedAtMs);
      if (result !== undefined) return result;
      wasFound = true;
    } catch (error) {
      const isMissing = HoldfastError.isInstance(error) && error.name === "NotFoundError";
      if (!isMissing || wasFound || clock.monotonicMs() - startedAtMs >= missingForMs) throw error;
    }
    await clock.sleep(Math.min(maxPeriodMs, Math.max(minPeriodMs, (clock.monotonicMs() - startedAtMs) * lateness)), signal);
  }
}
