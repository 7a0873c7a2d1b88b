import { createHash, createHmac } from "node:crypto";
import type { AwsCredentials } from "../credentials/aws-credentials.js";

/** What a request is signed as: a region's endpoint of a service. */
export interface SigningScope {
  readonly region: string;
  /** As it is named in signatures: `ebs`, `s3`. */
  readonly service: string;
}

export interface UnsignedRequest {
  readonly method: "GET" | "PUT";
  /** Encoded, as it is sent. */
  readonly path: string;
  /** Names and values, not encoded yet. */
  readonly query?: readonly (readonly [string, string])[] | undefined;
  /** Lower-case names; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A request's first line and header lines, ready to be sent but for the body's length. */
export interface SignedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface SigningKey {
  readonly day: string;
  readonly secret: string;
  readonly key: Buffer;
}

/**
 * Signs requests by AWS Signature Version 4 (AWS General Reference, "Create a signed AWS API request"), the body left out: what is sent here
 * carries a checksum of its own in a signed header, or has no body. The key of a day is derived once.
 */
export class RequestSigner {
  readonly #scope: SigningScope;
  #key: SigningKey | undefined;

  constructor(scope: SigningScope) {
    this.#scope = scope;
  }

  sign(request: UnsignedRequest, credentials: AwsCredentials, at: Date): SignedRequest {
    const { region, service } = this.#scope;
    const time = at.toISOString().replace(/[-:]|\.\d{3}/g, "");
    const day = time.slice(0, 8);
    const { sessionToken } = credentials;
    const headers: Record<string, string> = { ...request.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": time };
    if (sessionToken !== undefined) headers["x-amz-security-token"] = sessionToken;
    const names = Object.keys(headers).sort();
    const query = (request.query ?? []).map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join("&");
    const signedHeaders = names.join(";");
    const canonicalHeaders = names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
    const canonical = `${request.method}\n${request.path}\n${query}\n${canonicalHeaders}\n${signedHeaders}\nUNSIGNED-PAYLOAD`;
    const scope = `${day}/${region}/${service}/aws4_request`;
    const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${createHash("sha256").update(canonical).digest("hex")}`;
    const signature = createHmac("sha256", this.#keyOf(day, credentials.secretAccessKey)).update(toSign).digest("hex");
    headers["authorization"] = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
    return { method: request.method, target: query === "" ? request.path : `${request.path}?${query}`, headers };
  }

  #keyOf(day: string, secret: string): Buffer {
    if (this.#key?.day === day && this.#key.secret === secret) return this.#key.key;
    const { region, service } = this.#scope;
    const key = [day, region, service, "aws4_request"].reduce<string | Buffer>((parent, part) => createHmac("sha256", parent).update(part).digest(), `AWS4${secret}`);
    this.#key = { day, secret, key: key as Buffer };
    return this.#key.key;
  }
}

/** Encodes as signatures want it: all but the unreserved characters of RFC 3986. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
