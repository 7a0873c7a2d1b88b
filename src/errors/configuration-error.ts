import { HoldfastError } from "./holdfast-error.js";

/** What was asked for is wrong (an option, a key, a repository that is none): change the call; nothing was created. */
export class ConfigurationError extends HoldfastError {}
