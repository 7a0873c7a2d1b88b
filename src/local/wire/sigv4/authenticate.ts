import type { WireProtocol } from "../../service.js";
import type { WireRequest } from "../call.js";
import { wireError } from "../dialect.js";
import type { WireFault } from "../dialect.js";
import type { CredentialSource, Principal } from "../principal.js";
import type { Authorization } from "./authorization.js";
import type { SigningKeys } from "./signing-key.js";
import { isSignatureValid } from "./verify-signature.js";

const MAX_SKEW_MS = 15 * 60_000;

export interface AuthenticateOptions {
  readonly protocol: WireProtocol;
  readonly credentials: CredentialSource;
  readonly keys: SigningKeys;
  /** Hex SHA-256 of the body, or the word that the client signed in its place. */
  readonly payloadHash: string;
  /** The machine's time: clients sign with it, however far the cloud's clock was moved. */
  readonly realTime: Date;
  /** The cloud's time, at which temporary credentials end. */
  readonly cloudTime: Date;
}

export interface Authenticated {
  readonly principal: Principal;
  readonly signingKey: Buffer;
}

/** Finds out who signed a request. Raises the service's own error for a signature that does not hold. */
export function authenticate(request: WireRequest, authorization: Authorization, options: AuthenticateOptions): Authenticated {
  const fail = (fault: WireFault, message?: string): Error => wireError(options.protocol, fault, message);
  checkTime(authorization, options.realTime, fail);
  checkSignedHeaders(request, authorization, fail);
  const credential = options.credentials.find(authorization.accessKeyId, authorization.sessionToken);
  if (credential === "unknown-key") throw fail("unknown-key");
  if (credential === "invalid-token") throw fail("invalid-token");
  const signingKey = options.keys.derive(credential.secretAccessKey, authorization);
  if (!isSignatureValid(request, authorization, signingKey, options.payloadHash)) throw fail("bad-signature");
  if (credential.expiresAt !== undefined && credential.expiresAt <= options.cloudTime) throw fail("expired-token");
  return { principal: credential.principal, signingKey };
}

type Fail = (fault: WireFault, message?: string) => Error;

function checkTime(authorization: Authorization, now: Date, fail: Fail): void {
  const signedAt = parseTimestamp(authorization.timestamp);
  if (signedAt === undefined) throw fail("malformed-authorization", "X-Amz-Date must be in the ISO8601 form YYYYMMDD'T'HHMMSS'Z'.");
  if (!authorization.timestamp.startsWith(authorization.date)) {
    throw fail("malformed-authorization", "The date in the Credential scope does not match the date of X-Amz-Date.");
  }
  if (authorization.expiresSeconds === undefined) {
    if (Math.abs(signedAt - now.getTime()) > MAX_SKEW_MS) throw fail("clock-skewed");
    return;
  }
  if (signedAt - now.getTime() > MAX_SKEW_MS) throw fail("expired-request", "Request is not valid yet");
  if (now.getTime() > signedAt + authorization.expiresSeconds * 1000) throw fail("expired-request");
}

function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function checkSignedHeaders(request: WireRequest, authorization: Authorization, fail: Fail): void {
  const signed = new Set(authorization.signedHeaders);
  // each repetition would write the header's value into what is hashed once more
  if (signed.size < authorization.signedHeaders.length) throw fail("bad-signature", "A SignedHeader comes more than once in the AWS Authorization.");
  if (!signed.has("host")) throw fail("bad-signature", "'Host' must be a SignedHeader in the AWS Authorization.");
  for (const name of signed) {
    if (request.headers[name] === undefined) throw fail("bad-signature");
  }
  // S3 refuses what anyone on the way could have added.
  if (authorization.service === "s3") {
    for (const name of Object.keys(request.headers)) {
      if (name.startsWith("x-amz-") && !signed.has(name)) {
        throw fail("access-denied", "There were headers present in the request which were not signed");
      }
    }
  }
}
