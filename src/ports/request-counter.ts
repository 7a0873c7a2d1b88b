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
}
