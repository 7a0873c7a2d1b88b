import { HoldfastError } from "../../errors/index.js";

/** The store refused a conditional write or removal: another's object is there, or none. */
export function isConditionFailed(error: unknown): error is HoldfastError {
  return HoldfastError.isInstance(error) && error.code === "ConditionFailed";
}

/** There is no such object. */
export function isGone(error: unknown): error is HoldfastError {
  return HoldfastError.isInstance(error) && error.code === "ObjectNotFound";
}

/** The store refused to replace or remove what was read before: another's object is there now, or none. */
export function isConflict(error: unknown): error is HoldfastError {
  return isConditionFailed(error) || isGone(error);
}
