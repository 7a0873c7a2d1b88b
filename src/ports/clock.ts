/** The only way the engine tells the time, so that tests can move it. */
export interface Clock {
  /** The time of day. */
  now(): Date;
  /** A number of milliseconds that never goes back, for durations. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
