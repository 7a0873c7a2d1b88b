/** What every read of a repository takes. */
export interface SignalOptions {
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
