import { ConflictError, type ErrorContext } from "../../errors/index.js";

/** The error for data that lies in an archive and was not thawed. `what` says which, as the beginning of a sentence's clause. */
export function thawNeeded(what: string, context: ErrorContext, cause?: unknown): ConflictError {
  return new ConflictError(`The restore point cannot be read yet: ${what} in an archive. Let the call that reads it thaw it and wait, by its option thaw: { tier, days }, or do so before by repository.thaw(point, { tier, days }); repository.planThaw says how long that takes and what it costs.`, {
    code: "ThawNeeded",
    context,
    cause,
  });
}
