import { createHmac, timingSafeEqual } from "node:crypto";
import type { WireRequest } from "../call.js";
import { ALGORITHM, scopeOf } from "./authorization.js";
import type { Authorization } from "./authorization.js";
import { canonicalRequest, hashCanonicalRequest } from "./canonical-request.js";

/** Whether `authorization` is the signature of `request` under `signingKey`, compared in constant time. */
export function isSignatureValid(
  request: WireRequest,
  authorization: Authorization,
  signingKey: Buffer,
  payloadHash: string,
): boolean {
  const canonical = canonicalRequest(request, {
    signedHeaders: authorization.signedHeaders,
    payloadHash,
    isPathEncodedOnce: authorization.service === "s3",
  });
  const text = `${ALGORITHM}\n${authorization.timestamp}\n${scopeOf(authorization)}\n${hashCanonicalRequest(canonical)}`;
  return isSameSignature(authorization.signature, createHmac("sha256", signingKey).update(text, "utf8").digest());
}

/** Compares a hex signature with the expected bytes in constant time. */
export function isSameSignature(signature: string, expected: Buffer): boolean {
  const given = Buffer.from(signature, "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
