import { HoldfastError } from "./holdfast-error.js";

/** The object is closed, or the calls came in an order that makes no sense. */
export class IllegalStateError extends HoldfastError {}
