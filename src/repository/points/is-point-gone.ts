import { HoldfastError } from "../../errors/index.js";
import { isGone } from "../store/store-answers.js";

/** The restore point was removed, or its objects are gone from the store: whoever met it in a listing was only late. */
export function isPointGone(error: unknown): error is HoldfastError {
  return isGone(error) || (HoldfastError.isInstance(error) && error.code === "RestorePointRemoved");
}
