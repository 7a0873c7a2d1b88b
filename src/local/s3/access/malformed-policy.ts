import { ServiceError } from "../../service.js";

export function malformedPolicy(message: string): ServiceError {
  return new ServiceError("MalformedPolicy", 400, message);
}
