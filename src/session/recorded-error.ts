import { HoldfastError } from "../errors/index.js";
import { asError } from "./as-error.js";

/** What a session's record keeps of an error. JSON. */
export interface RecordedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
}

/** Whatever was thrown, as a record keeps it. */
export function recordedError(thrown: unknown): RecordedError {
  const { name, message } = asError(thrown);
  return { name, message, ...(HoldfastError.isInstance(thrown) && { code: thrown.code }) };
}
