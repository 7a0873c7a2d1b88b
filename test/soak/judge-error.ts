import { HoldfastError, PartialFailureError } from "../../src/index.js";
import { Finding } from "./finding.js";

/** What was going on when something failed. */
export interface Circumstances {
  readonly what: string;
  readonly isFaulty: boolean;
  /** Who aborted it, by what reason. */
  readonly reason?: unknown;
  /** Whether another may have removed the point meanwhile. */
  readonly isPointMortal?: boolean;
  /** Codes that fit at any time. */
  readonly fitting?: readonly string[];
}

/** What no fault of a connection may come to: the engine took noise for damage, or said that its caller was wrong. */
const neverFitting = ["IntegrityError", "ConfigurationError", "IllegalStateError"];
const goneCodes = ["RestorePointRemoved", "RestorePointNotFound"];

/** Says in a word how something failed, where that fits what was going on; raises a `Finding` where it does not. */
export function judgeError(error: unknown, circumstances: Circumstances): string {
  const { what, isFaulty, reason, isPointMortal = false, fitting = [] } = circumstances;
  if (reason !== undefined && error === reason) return "aborted";
  if (error instanceof Finding) throw error;
  if (!HoldfastError.isInstance(error)) throw unfit(what, error);
  if (error.name === "NotFoundError" && isPointMortal && goneCodes.includes(error.code)) return "point gone";
  if (fitting.includes(error.code)) return error.code;
  if (!isFaulty || neverFitting.includes(error.name)) throw unfit(what, error);
  if (error instanceof PartialFailureError) return `${error.code}: ${[...new Set(error.failures.map(({ error: part }) => judgeError(part, circumstances)))].join(", ")}`;
  if (error.name === "ProviderError" || error.retryable) return error.code;
  throw unfit(what, error);
}

function unfit(what: string, error: unknown): Finding {
  const facts = HoldfastError.isInstance(error) ? ` ${error.name} ${error.code} ${JSON.stringify(error)}` : "";
  return new Finding(`${what} failed by what does not fit:${facts} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { cause: error });
}
