import { HoldfastError } from "../../errors/index.js";
import { isGone } from "./store-answers.js";

/**
 * Whether an error says that a stored object is gone or not what it was. Whatever else may come of a read - denied, throttled,
 * archived, unreachable - says nothing about the object, and must never count as damage.
 */
export function isDamage(error: unknown): error is HoldfastError {
  return isCorruption(error) || isGone(error);
}

/** Whether an error says that bytes which came are not what they must be. */
export function isCorruption(error: unknown): error is HoldfastError {
  return HoldfastError.isInstance(error) && error.name === "IntegrityError";
}
