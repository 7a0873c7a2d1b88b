import { ConflictError, IntegrityError, NotFoundError, type ErrorContext } from "../errors/index.js";

/** The error of `get` for an object, or a version, that is not there: the engine goes by its code, `ObjectNotFound`. */
export function objectNotFound(name: string, location: string): NotFoundError {
  return new NotFoundError(`There is no object ${name} in ${location}.`, { code: "ObjectNotFound", context: { name, location } });
}

/** The error of `put` and `delete` whose condition is not met: the engine goes by its code, `ConditionFailed`. `reason` says what is there instead. */
export function conditionFailed(name: string, reason: string, context: ErrorContext = {}): ConflictError {
  return new ConflictError(`${name} was not changed: ${reason}. Read it again, then decide.`, { code: "ConditionFailed", context: { name, ...context } });
}

/** The error for an object that is shorter than it must be (`ObjectTruncated`): nothing of it is given. */
export function truncatedObject(name: string, detail: string): IntegrityError {
  return new IntegrityError(`The object ${name} is too short: ${detail}. It was cut or replaced.`, { code: "ObjectTruncated", context: { name } });
}
