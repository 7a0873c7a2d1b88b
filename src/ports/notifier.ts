import type { CallOptions } from "./compute.js";

/** A message to people: how a session ended, or that an alert begins or ends. JSON. */
export interface Notification {
  /** The same when a message is sent again: who receives it tells repetitions by it. Letters, digits and hyphens. */
  readonly id: string;
  /** `session:succeeded`, `session:partial`, `session:failed`, `session:aborted`, `alert:raised`, `alert:resolved`. */
  readonly type: `${string}:${string}`;
  readonly severity: "info" | "warning" | "error";
  /** One line without control characters, at most 200 characters. */
  readonly subject: string;
  /** All of it as plain text, lines ended by `\n`. */
  readonly text: string;
  /** The same as an HTML document that loads nothing. */
  readonly html?: string | undefined;
  /** When it happened: ISO 8601. */
  readonly at: string;
  /** The policy that it is about. */
  readonly policy?: string | undefined;
  /** What it is about, for programs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * A way of telling people: a topic, a web hook, an e-mail.
 *
 * What every implementation must hold, and the conformance suite in `holdfast/testing` checks:
 *
 * - `notify` resolves once the next station has taken the message (not: once somebody has read it), and rejects with a `HoldfastError` otherwise:
 *   `retryable` where the same message may be taken later. It does not try again for long by itself.
 * - Subject and text arrive as they are, in any script; what a name contains can neither end a header nor begin another.
 * - An abort rejects with the signal's reason at once.
 * - It bounds each attempt in time by itself.
 * - No secret (password, signing key, token in a URL) is in `destination`, an error, `util.inspect` or JSON.
 */
export interface Notifier {
  /** Where messages go, for people and records. Never a secret. */
  readonly destination: string;
  /** Sends one message. */
  notify(notification: Notification, options?: CallOptions): Promise<void>;
}
