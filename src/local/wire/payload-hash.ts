import { createHash } from "node:crypto";
import { ServiceError } from "../service.js";
import type { WireRequest } from "./call.js";
import { queryValue } from "./call.js";
import type { Authorization } from "./sigv4/authorization.js";

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** What the client signed in place of its body; undefined where that is the hash of a body which must be read first. */
export function declaredPayloadHash(request: WireRequest, authorization: Authorization): string | undefined {
  const declared = request.headers["x-amz-content-sha256"] ?? queryValue(request, "X-Amz-Content-Sha256");
  if (declared !== undefined) return declared;
  if (authorization.service !== "s3") return undefined;
  if (authorization.expiresSeconds !== undefined) return UNSIGNED_PAYLOAD;
  throw new ServiceError("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256");
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
