export { HoldfastError, type ErrorContext, type HoldfastErrorOptions } from "./holdfast-error.js";
export { ConfigurationError } from "./configuration-error.js";
export { NotFoundError } from "./not-found-error.js";
export { ConflictError } from "./conflict-error.js";
export { IntegrityError } from "./integrity-error.js";
export { ProviderError, type ProviderErrorOptions } from "./provider-error.js";
export { PartialFailureError, type PartialFailure, type PartialFailureErrorOptions } from "./partial-failure-error.js";
export { IllegalStateError } from "./illegal-state-error.js";
export { mistake } from "./mistake.js";
