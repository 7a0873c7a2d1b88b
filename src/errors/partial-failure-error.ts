import { HoldfastError, type HoldfastErrorOptions } from "./holdfast-error.js";

/** One resource that failed, and why. */
export interface PartialFailure {
  readonly resource: string;
  readonly error: Error;
}

/** What a partial failure carries beside the rest. */
export interface PartialFailureErrorOptions extends HoldfastErrorOptions {
  readonly failures: readonly PartialFailure[];
  /** The resources that were completed. */
  readonly completed: readonly string[];
}

/** Some resources succeeded and some failed: `failures` says which and why, `completed` what is done and safe. */
export class PartialFailureError extends HoldfastError {
  readonly failures: readonly PartialFailure[];
  readonly completed: readonly string[];

  constructor(message: string, options: PartialFailureErrorOptions) {
    super(message, options);
    this.failures = options.failures;
    this.completed = options.completed;
  }
}
