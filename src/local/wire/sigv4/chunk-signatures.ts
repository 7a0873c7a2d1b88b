import { createHash, createHmac } from "node:crypto";
import { scopeOf } from "./authorization.js";
import type { Authorization } from "./authorization.js";
import { isSameSignature } from "./verify-signature.js";

const EMPTY_HASH = createHash("sha256").digest("hex");

/**
 * The chain of signatures over the chunks of a streamed body: each covers its chunk and the signature before it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export class ChunkSignatures {
  readonly #prefix: string;
  readonly #signingKey: Buffer;
  #previous: string;

  constructor(authorization: Authorization, signingKey: Buffer) {
    this.#prefix = `${authorization.timestamp}\n${scopeOf(authorization)}`;
    this.#signingKey = signingKey;
    this.#previous = authorization.signature;
  }

  /** Whether `signature` is that of the next chunk, whose hex SHA-256 is given. */
  isNextChunk(signature: string, chunkHash: string): boolean {
    return this.#accept(signature, `AWS4-HMAC-SHA256-PAYLOAD\n${this.#prefix}\n${this.#previous}\n${EMPTY_HASH}\n${chunkHash}`);
  }

  /** Whether `signature` is that of the trailing headers, given as `name:value\n` lines. */
  isTrailer(signature: string, lines: string): boolean {
    const hash = createHash("sha256").update(lines, "latin1").digest("hex");
    return this.#accept(signature, `AWS4-HMAC-SHA256-TRAILER\n${this.#prefix}\n${this.#previous}\n${hash}`);
  }

  #accept(signature: string, text: string): boolean {
    if (!isSameSignature(signature, createHmac("sha256", this.#signingKey).update(text).digest())) return false;
    this.#previous = signature;
    return true;
  }
}
