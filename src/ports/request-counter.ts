/** How often an operation was called in a region, each attempt counted. */
export interface RequestCount {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly requests: number;
  /** Of these, refused for too many requests. */
  readonly throttled: number;
  /** Of these, failed otherwise. */
  readonly failed: number;
}

/** Counts what was asked of a provider since it was made. */
export interface RequestCounter {
  /** The counts so far. */
  counts(): readonly RequestCount[];
  /**
   * Does work and counts, beside, what that asks for by itself, whoever else asks meanwhile: `counts` says it, also before the work is done. What the work waits for, but others asked for, is not its. Absent: all that is asked
   * in its time counts as its.
   */
  during?<Result>(work: (counts: () => readonly RequestCount[]) => Promise<Result>): Promise<Result>;
}
