import { HoldfastError } from "./holdfast-error.js";

/** Something named in the call does not exist: a restore point, a snapshot, a volume, an object. */
export class NotFoundError extends HoldfastError {}
