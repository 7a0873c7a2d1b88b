/** How often engine and worker look and speak, and how long they wait for each other. */
export interface ControlPace {
  /** Between two looks for something new. */
  readonly pollMs: number;
  /** Between two beats. */
  readonly beatMs: number;
  /** No beat for this long is silence. */
  readonly silentAfterMs: number;
  /** From the launch to the worker's hello. */
  readonly helloWithinMs: number;
  /** From an order to its claim. */
  readonly claimWithinMs: number;
  /** A worker with nothing to do is kept warm for this long. */
  readonly idleMs: number;
}

/**
 * A look every 2 seconds costs a worker about $0.002 an hour (S3 GET, $0.0004 a thousand). A beat every 10 seconds lets 11 get lost before
 * 2 minutes of silence. An instance boots, fetches its bundle and says hello within a minute or two; 10 leave room for a slow day.
 */
export const defaultPace: ControlPace = { pollMs: 2_000, beatMs: 10_000, silentAfterMs: 120_000, helloWithinMs: 600_000, claimWithinMs: 60_000, idleMs: 60_000 };
