import { ConflictError, type ErrorContext } from "../../errors/index.js";

/** The error for data that lies in an archive and was not thawed. `what` says which, as the beginning of a sentence's clause. */
export function thawNeeded(what: string, context: ErrorContext, cause?: unknown): ConflictError {
  return new ConflictError(`The restore point cannot be read yet: ${what} in an archive. Thaw it first by repository.thaw(point, { tier, days }); repository.planThaw says how long that takes and what it costs.`, {
    code: "ThawNeeded",
    context,
    cause,
  });
}
