import type { WireProtocol } from "../service.js";
import { ServiceError } from "../service.js";

/** The mistakes that the wire itself finds, which each service names in its own way. */
export type WireFault =
  | "access-denied"
  | "bad-signature"
  | "clock-skewed"
  | "expired-request"
  | "expired-token"
  | "internal"
  | "invalid-token"
  | "malformed-authorization"
  | "malformed-body"
  | "missing-authentication"
  | "missing-parameter"
  | "not-implemented"
  | "invalid-parameter"
  | "body-too-large"
  | "throttled"
  | "unknown-key"
  | "unknown-operation";

type Dialect = Readonly<Record<WireFault, readonly [code: string, status: number, message: string]>>;

const DENIED = "User is not authorized to perform this operation.";
const MISMATCH = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
const EXPIRED_TOKEN = "The security token included in the request is expired";
const INVALID_TOKEN = "The security token included in the request is invalid.";
const AUTH_FAILURE = "AWS was not able to validate the provided access credentials";
const INTERNAL = "We encountered an internal error. Please try again.";
const UNAVAILABLE = "A header or parameter you provided implies functionality that is not implemented";
const SKEWED = "The difference between the request time and the current time is too large.";

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const S3: Dialect = {
  "access-denied": ["AccessDenied", 403, "Access Denied"],
  "bad-signature": ["SignatureDoesNotMatch", 403, MISMATCH],
  "clock-skewed": ["RequestTimeTooSkewed", 403, SKEWED],
  "expired-request": ["AccessDenied", 403, "Request has expired"],
  "expired-token": ["ExpiredToken", 400, "The provided token has expired."],
  internal: ["InternalError", 500, INTERNAL],
  "invalid-token": ["InvalidToken", 400, "The provided token is malformed or otherwise invalid."],
  "malformed-authorization": ["AuthorizationHeaderMalformed", 400, "The authorization header that you provided is not valid."],
  "malformed-body": ["MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema"],
  "missing-authentication": ["AccessDenied", 403, "Access Denied"],
  "missing-parameter": ["InvalidRequest", 400, "A required parameter is missing."],
  "not-implemented": ["NotImplemented", 501, UNAVAILABLE],
  "invalid-parameter": ["InvalidArgument", 400, "Invalid Argument"],
  "body-too-large": ["MaxMessageLengthExceeded", 400, "Your request was too large."],
  throttled: ["SlowDown", 503, "Please reduce your request rate."],
  "unknown-key": ["InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."],
  "unknown-operation": ["MethodNotAllowed", 405, "The specified method is not allowed against this resource."],
};

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
const EC2: Dialect = {
  "access-denied": ["UnauthorizedOperation", 403, "You are not authorized to perform this operation."],
  "bad-signature": ["AuthFailure", 401, AUTH_FAILURE],
  "clock-skewed": ["RequestExpired", 400, "Request has expired."],
  "expired-request": ["RequestExpired", 400, "Request has expired."],
  "expired-token": ["RequestExpired", 400, "Request has expired."],
  internal: ["InternalError", 500, "An internal error has occurred"],
  "invalid-token": ["AuthFailure", 401, AUTH_FAILURE],
  "malformed-authorization": ["AuthFailure", 401, AUTH_FAILURE],
  "malformed-body": ["MalformedQueryString", 400, "The query string contains a syntax error"],
  "missing-authentication": ["MissingAuthenticationToken", 403, "Request is missing Authentication Token"],
  "missing-parameter": ["MissingParameter", 400, "The request must contain a parameter that is missing"],
  "not-implemented": ["UnsupportedOperation", 400, UNAVAILABLE],
  "invalid-parameter": ["InvalidParameterValue", 400, "A value specified in a parameter is not valid"],
  "body-too-large": ["RequestEntityTooLarge", 413, "The request is too large"],
  throttled: ["RequestLimitExceeded", 503, "Request limit exceeded."],
  "unknown-key": ["AuthFailure", 401, AUTH_FAILURE],
  "unknown-operation": ["InvalidAction", 400, "The action is not valid for this web service."],
};

// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
const QUERY: Dialect = {
  "access-denied": ["AccessDenied", 403, DENIED],
  "bad-signature": ["SignatureDoesNotMatch", 403, MISMATCH],
  "clock-skewed": ["SignatureDoesNotMatch", 403, "Signature expired or not yet current."],
  "expired-request": ["RequestExpired", 400, "Request has expired."],
  "expired-token": ["ExpiredToken", 403, EXPIRED_TOKEN],
  internal: ["ServiceFailure", 500, "The request processing has failed because of an unknown error, exception or failure."],
  "invalid-token": ["InvalidClientTokenId", 403, INVALID_TOKEN],
  "malformed-authorization": ["IncompleteSignature", 400, "The request signature does not conform to AWS standards."],
  "malformed-body": ["MalformedQueryString", 400, "The query string contains a syntax error."],
  "missing-authentication": ["MissingAuthenticationToken", 403, "Request is missing Authentication Token"],
  "missing-parameter": ["ValidationError", 400, "1 validation error detected."],
  "not-implemented": ["InvalidAction", 400, UNAVAILABLE],
  "invalid-parameter": ["ValidationError", 400, "1 validation error detected."],
  "body-too-large": ["RequestEntityTooLarge", 413, "The request is too large"],
  throttled: ["Throttling", 400, "Rate exceeded"],
  "unknown-key": ["InvalidClientTokenId", 403, INVALID_TOKEN],
  "unknown-operation": ["InvalidAction", 400, "Could not find operation in this version of the service."],
};

// https://docs.aws.amazon.com/ebs/latest/APIReference/CommonErrors.html
const JSON_SERVICE: Dialect = {
  "access-denied": ["AccessDeniedException", 403, DENIED],
  "bad-signature": ["InvalidSignatureException", 403, MISMATCH],
  "clock-skewed": ["InvalidSignatureException", 403, "Signature expired or not yet current."],
  "expired-request": ["RequestExpired", 400, "Request has expired."],
  "expired-token": ["ExpiredTokenException", 403, EXPIRED_TOKEN],
  internal: ["InternalServerException", 500, "An internal error has occurred."],
  "invalid-token": ["UnrecognizedClientException", 403, INVALID_TOKEN],
  "malformed-authorization": ["IncompleteSignatureException", 400, "The request signature does not conform to AWS standards."],
  "malformed-body": ["SerializationException", 400, "The request body could not be read."],
  "missing-authentication": ["MissingAuthenticationTokenException", 403, "Missing Authentication Token"],
  "missing-parameter": ["ValidationException", 400, "A required parameter is missing."],
  "not-implemented": ["UnknownOperationException", 404, UNAVAILABLE],
  "invalid-parameter": ["ValidationException", 400, "A parameter is not valid."],
  "body-too-large": ["RequestEntityTooLargeException", 413, "The request is too large."],
  throttled: ["ThrottlingException", 400, "Rate exceeded"],
  "unknown-key": ["UnrecognizedClientException", 403, INVALID_TOKEN],
  "unknown-operation": ["UnknownOperationException", 404, "The operation is not known."],
};

// https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html: such services answer nearly everything with 400.
const JSON_TARGET: Dialect = {
  "access-denied": ["AccessDeniedException", 400, DENIED],
  "bad-signature": ["InvalidSignatureException", 400, MISMATCH],
  "clock-skewed": ["InvalidSignatureException", 400, "Signature expired or not yet current."],
  "expired-request": ["RequestExpired", 400, "Request has expired."],
  "expired-token": ["ExpiredTokenException", 400, EXPIRED_TOKEN],
  internal: ["KMSInternalException", 500, "An internal error has occurred."],
  "invalid-token": ["UnrecognizedClientException", 400, INVALID_TOKEN],
  "malformed-authorization": ["IncompleteSignatureException", 400, "The request signature does not conform to AWS standards."],
  "malformed-body": ["SerializationException", 400, "The request body could not be read."],
  "missing-authentication": ["MissingAuthenticationTokenException", 400, "Missing Authentication Token"],
  "missing-parameter": ["ValidationException", 400, "1 validation error detected."],
  "not-implemented": ["UnsupportedOperationException", 400, UNAVAILABLE],
  "invalid-parameter": ["ValidationException", 400, "1 validation error detected."],
  "body-too-large": ["RequestEntityTooLargeException", 413, "The request is too large."],
  throttled: ["ThrottlingException", 400, "Rate exceeded"],
  "unknown-key": ["UnrecognizedClientException", 400, INVALID_TOKEN],
  "unknown-operation": ["UnknownOperationException", 400, "The operation is not known."],
};

const DIALECTS: Readonly<Record<WireProtocol, Dialect>> = { restXml: S3, ec2Query: EC2, awsQuery: QUERY, restJson: JSON_SERVICE, json: JSON_TARGET };

/** The error that a service of `protocol` answers for a mistake which the wire finds. */
export function wireError(
  protocol: WireProtocol,
  fault: WireFault,
  message?: string,
  members: Readonly<Record<string, unknown>> = {},
): ServiceError {
  const [code, status, defaultMessage] = DIALECTS[protocol][fault];
  return new ServiceError(code, status, message ?? defaultMessage, members);
}
