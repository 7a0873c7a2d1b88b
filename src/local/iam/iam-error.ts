import { ServiceError } from "../service.js";

export function noSuchEntity(message: string): ServiceError {
  return new ServiceError("NoSuchEntity", 404, message);
}

export function entityAlreadyExists(message: string): ServiceError {
  return new ServiceError("EntityAlreadyExists", 409, message);
}

export function deleteConflict(message: string): ServiceError {
  return new ServiceError("DeleteConflict", 409, message);
}

export function malformedPolicy(message: string): ServiceError {
  return new ServiceError("MalformedPolicyDocument", 400, message);
}

export function validationError(message: string): ServiceError {
  return new ServiceError("ValidationError", 400, message);
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceeded", 409, message);
}
