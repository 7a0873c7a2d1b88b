import { createHash } from "node:crypto";
import type { WireRequest } from "../call.js";
import { decodePercent } from "../wire-request.js";

export interface CanonicalRequestOptions {
  readonly signedHeaders: readonly string[];
  /** Hex SHA-256 of the body, or a word such as `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
  /** S3 signs the path encoded once; every other service normalises it and encodes it again. */
  readonly isPathEncodedOnce: boolean;
}

/**
 * The canonical form of a request, as the signer must have written it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalRequest(request: WireRequest, options: CanonicalRequestOptions): string {
  const path = options.isPathEncodedOnce ? encodePath(decodePercent(request.rawPath)) : encodePath(normalisePath(request.rawPath));
  let headers = "";
  for (const name of options.signedHeaders) {
    headers += `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`;
  }
  return `${request.method}\n${path}\n${canonicalQuery(request)}\n${headers}\n${options.signedHeaders.join(";")}\n${options.payloadHash}`;
}

/** Header values come as Latin-1, one character a byte, and everything else is ASCII: so these are the bytes that were sent. */
export function hashCanonicalRequest(canonical: string): string {
  return createHash("sha256").update(canonical, "latin1").digest("hex");
}

function canonicalQuery(request: WireRequest): string {
  const pairs: [string, string][] = [];
  for (const [name, value] of request.query) {
    if (name !== "X-Amz-Signature") pairs.push([encode(name), encode(value)]);
  }
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Percent-encodes all but RFC 3986's unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function encodePath(path: string): string {
  return encode(path).replaceAll("%2F", "/");
}

/** RFC 3986's removal of dot segments, and of empty ones. */
function normalisePath(path: string): string {
  if (!path.includes("//") && !path.includes("/.")) return path;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}${path.endsWith("/") && segments.length > 0 ? "/" : ""}`;
}
