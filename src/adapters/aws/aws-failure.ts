/** What kind of failure a call met: what decides whether it is tried again. */
export type AwsFailureKind =
  /** Too many calls: tried again, slower. */
  | "throttled"
  /** No connection, or it broke. */
  | "unreachable"
  /** A time limit passed. */
  | "timed-out"
  /** AWS says that it failed itself (5xx). */
  | "server"
  /** What came is not what was sent. */
  | "damaged"
  /** Another write of the same object was under way; AWS asks to try again. */
  | "race"
  /** The credentials are too old. */
  | "expired"
  /** The clocks of both sides differ too much; the client learns the difference from the answer. */
  | "skewed"
  | "denied"
  /** The credentials are none that AWS knows. */
  | "unauthenticated"
  /** There are no credentials to sign with. */
  | "no-credentials"
  /** Everything else: the call itself is wrong, or what it is about is not there. */
  | "refused";

/** A failed call in the engine's words. Holds nothing of the request: no header, no key, no token. */
export interface AwsFailure {
  readonly kind: AwsFailureKind;
  /** AWS's code (`NoSuchKey`) or the system's (`ECONNRESET`). */
  readonly code: string;
  readonly message: string;
  readonly httpStatus?: number | undefined;
  readonly requestId?: string | undefined;
  /** EBS direct says more here, e.g. `UNRELATED_SNAPSHOTS`. */
  readonly reason?: string | undefined;
  /** The bucket's region, where S3 says that the call went to another. */
  readonly bucketRegion?: string | undefined;
  /** How often the client itself tried: above 1 with injected clients only, whose retries cannot be seen otherwise. */
  readonly clientAttempts?: number | undefined;
}

const throttlingCodes = new Set([
  "BandwidthLimitExceeded", "ConcurrentLimitExceededException", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
  "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "ServiceUnavailable",
  "SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequests", "TooManyRequestsException",
]);
const raceCodes = new Set(["ConditionalRequestConflict", "OperationAborted"]);
const expiredCodes = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"]);
const skewCodes = new Set(["RequestTimeTooSkewed", "RequestInTheFuture"]);
const deniedCodes = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "Forbidden", "OptInRequired", "KMSAccessDenied", "AuthorizationError", "AuthorizationErrorException", "KMS.AccessDeniedException"]);
const unauthenticatedCodes = new Set([
  "AuthFailure", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSignatureException", "InvalidToken",
  "MissingAuthenticationToken", "NotSignedUp", "SignatureDoesNotMatch", "UnrecognizedClientException",
]);
const networkCodes = new Set([
  "EAI_AGAIN", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ENOTFOUND", "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE", "UND_ERR_SOCKET",
]);
const timeoutCodes = new Set(["ETIMEDOUT", "ESOCKETTIMEDOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT"]);
const damageCodes = new Set(["BadDigest", "IncompleteBody", "InvalidDigest", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"]);

/** The failure behind what an AWS client, or the reading of its answer's body, threw; `undefined` where it is nothing of the kind, but a mistake in a program. */
export function describeAwsFailure(error: unknown): AwsFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const facts = error as Error & Readonly<Record<string, unknown>>;
  const metadata = recordOf(facts.$metadata);
  const response = recordOf(facts.$response);
  const httpStatus = numberOf(metadata?.httpStatusCode) ?? numberOf(response?.statusCode);
  const headers = recordOf(response?.headers);
  const common = {
    message: error.message,
    httpStatus,
    requestId: textOf(metadata?.requestId) ?? textOf(headers?.["x-amz-request-id"]),
    reason: textOf(facts.Reason),
    clientAttempts: numberOf(metadata?.attempts),
    bucketRegion: textOf(headers?.["x-amz-bucket-region"]) ?? textOf(facts.BucketRegion) ?? textOf(facts.Region),
  };
  if (facts.$fault !== undefined) return { ...common, code: serviceCode(facts), kind: kindOfService(serviceCode(facts), httpStatus) };
  const system = systemFailure(error);
  if (system !== undefined) return { ...common, ...system };
  // An answer came, and the client could not read it: cut off or garbled on the way.
  if (response !== undefined || metadata !== undefined) return { ...common, message: "the answer cannot be read", code: "UnreadableAnswer", kind: httpStatus !== undefined && httpStatus >= 500 ? "server" : "damaged" };
  return undefined;
}

/** Whether the call may succeed when it is simply made again. */
export function isTransient({ kind }: AwsFailure): boolean {
  return kind === "throttled" || kind === "race" || mayHaveTakenEffect(kind);
}

/** Whether the provider may have done what it was asked although the call failed so. */
export function mayHaveTakenEffect(kind: AwsFailureKind): boolean {
  return kind === "unreachable" || kind === "timed-out" || kind === "server" || kind === "damaged";
}

/** The same of one failure: a 503 that is said to be throttling need not come from the service itself. */
export function isOutcomeUnknown({ kind, httpStatus }: AwsFailure): boolean {
  return mayHaveTakenEffect(kind) || (httpStatus !== undefined && httpStatus >= 500);
}

function systemFailure(error: Error): Pick<AwsFailure, "kind" | "code"> | undefined {
  if (error.name === "CredentialsProviderError" || error.name === "TokenProviderError") return { kind: "no-credentials", code: error.name };
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth += 1) {
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
    if (damageCodes.has(code)) return { kind: "damaged", code };
    if (timeoutCodes.has(code)) return { kind: "timed-out", code };
    if (networkCodes.has(code) || code.startsWith("HPE_")) return { kind: "unreachable", code };
    if (cause.name === "TimeoutError") return { kind: "timed-out", code: code === "" ? cause.name : code };
  }
  return undefined;
}

function kindOfService(code: string, httpStatus: number | undefined): AwsFailureKind {
  if (throttlingCodes.has(code) || httpStatus === 429) return "throttled";
  if (raceCodes.has(code)) return "race";
  if (expiredCodes.has(code)) return "expired";
  if (skewCodes.has(code)) return "skewed";
  if (damageCodes.has(code)) return "damaged";
  if (code === "RequestTimeout" || code === "RequestTimeoutException") return "timed-out";
  if (deniedCodes.has(code)) return "denied";
  if (unauthenticatedCodes.has(code)) return "unauthenticated";
  // S3 answers HEAD without a body: the status is all there is.
  if (httpStatus === 503) return "throttled";
  if (httpStatus !== undefined && httpStatus >= 500) return "server";
  if (httpStatus === 401 || (httpStatus === 403 && (code === "UnknownError" || code === "Unknown" || code === "403"))) return "denied";
  return "refused";
}

function serviceCode(facts: Readonly<Record<string, unknown>>): string {
  return textOf(facts.Code) ?? textOf(facts.name) ?? "Unknown";
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
