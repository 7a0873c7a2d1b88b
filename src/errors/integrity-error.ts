import { HoldfastError } from "./holdfast-error.js";

/** Data is not what it must be: damaged, truncated or forged. Never retried, never restored. */
export class IntegrityError extends HoldfastError {}
