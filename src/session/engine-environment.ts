import type { Clock, Logger, Random } from "../ports/index.js";
import { SystemClock, systemRandom } from "../system/index.js";

/** What the engine takes from the machine around it; each part can be replaced, for tests or for an embedding. */
export interface EngineEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const silent = (): void => undefined;
const silentLogger: Logger = { debug: silent, info: silent, warn: silent, error: silent };

/** Fills in the machine's own clock and randomness, and a logger that says nothing. */
export function resolveEnvironment(given: Partial<EngineEnvironment> = {}): EngineEnvironment {
  return { clock: given.clock ?? new SystemClock(), random: given.random ?? systemRandom, logger: given.logger ?? silentLogger };
}
