import { HoldfastError } from "./holdfast-error.js";

/** Somebody else was faster, or the name is taken: read the present state, then decide. */
export class ConflictError extends HoldfastError {}
