import { ServiceError } from "../service.js";
import type { WireProtocol } from "../service.js";
import type { WireRequest } from "./call.js";
import { wireError } from "./dialect.js";
import { MalformedAuthorization } from "./sigv4/authorization.js";
import type { Authorization } from "./sigv4/authorization.js";

/** The error for a request that names no service of the cloud: unsigned, badly signed, or signed for another. */
export function strangerError(protocol: WireProtocol, cause: Authorization | MalformedAuthorization | ServiceError | undefined): ServiceError {
  if (cause instanceof ServiceError) return cause;
  if (cause === undefined) return wireError(protocol, "missing-authentication");
  if (cause instanceof MalformedAuthorization) return wireError(protocol, "malformed-authorization", cause.message);
  return wireError(protocol, "malformed-authorization", `The local cloud has no service "${cause.service}"; the Credential should be scoped to one that it has.`);
}

/** The protocol in which a request without a service is answered: a form came from a query client, anything else is taken for S3's. */
export function guessProtocol(request: WireRequest | undefined): WireProtocol {
  // Only services of this protocol are asked by a target.
  if (request?.headers["x-amz-target"] !== undefined) return "json";
  const isForm = request?.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
  return isForm ? "awsQuery" : "restXml";
}
