import { inspect } from "node:util";
import { printError } from "./print-error.js";

/** Facts about what failed: never secrets, always JSON. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** What every holdfast error is made of. */
export interface HoldfastErrorOptions {
  /** A stable, machine-readable name of what went wrong, in PascalCase, e.g. `WrongKey`. */
  readonly code: string;
  /** Whether the same call may succeed later with nothing changed by the caller. */
  readonly retryable?: boolean;
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

const brand = Symbol.for("holdfast.error");

/**
 * The base of every error that holdfast raises on purpose.
 *
 * Subclasses are divided by what the caller does next; `code` names the exact case and is stable across versions.
 * The message says what failed, on what, and what to do about it.
 */
export abstract class HoldfastError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly context: ErrorContext;

  constructor(message: string, options: HoldfastErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `value` is a holdfast error, also one made by another copy of the package. */
  static isInstance(value: unknown): value is HoldfastError {
    return typeof value === "object" && value !== null && brand in value;
  }

  /** The error as plain JSON: name, code, message, retryable, context. */
  toJSON(): Record<string, unknown> {
    return { name: this.name, code: this.code, message: this.message, retryable: this.retryable, context: this.context };
  }

  /** How it prints: what happened, its facts, its cause in a line, and where it was raised. */
  [inspect.custom](): string {
    return printError(this);
  }
}
