import { inspect } from "node:util";
import { HoldfastError, type HoldfastErrorOptions } from "./holdfast-error.js";
import { printError } from "./print-error.js";

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

/** Failures that are printed, each on a line. */
const maxPrinted = 10;

/** Some resources succeeded and some failed: `failures` says which and why, `completed` what is done and safe. */
export class PartialFailureError extends HoldfastError {
  readonly failures: readonly PartialFailure[];
  readonly completed: readonly string[];

  constructor(message: string, options: PartialFailureErrorOptions) {
    super(message, options);
    this.failures = options.failures;
    this.completed = options.completed;
  }

  override [inspect.custom](): string {
    const shown = this.failures.slice(0, maxPrinted).map(({ resource, error }) => `${resource}: ${HoldfastError.isInstance(error) ? `${error.code}: ` : ""}${error.message}`);
    const left = this.failures.length - shown.length;
    return printError(this, [...shown, ...(left > 0 ? [`and ${String(left)} more failures`] : []), `${String(this.completed.length)} completed`]);
  }
}
