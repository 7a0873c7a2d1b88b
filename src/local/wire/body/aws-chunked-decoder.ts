import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { ServiceError } from "../../service.js";
import type { ChunkSignatures } from "../sigv4/chunk-signatures.js";
import type { BodyDecoder } from "./body-decoder.js";

const MAX_LINE_BYTES = 8192;
const MAX_TRAILER_LINES = 20;
const LF = 0x0a;

export interface AwsChunkedOptions {
  /** What `x-amz-decoded-content-length` promised. */
  readonly decodedLength: number;
  /** For bodies whose chunks are signed. */
  readonly signatures: ChunkSignatures | undefined;
  /** Lower-case names that `x-amz-trailer` promised; undefined where no trailers may come. */
  readonly trailerNames: readonly string[] | undefined;
}

type State = "size" | "data" | "data-end" | "trailer" | "done";

/**
 * Decodes `aws-chunked` bodies: chunks with sizes, perhaps with signatures, perhaps with trailing headers.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export class AwsChunkedDecoder implements BodyDecoder {
  readonly trailers: Record<string, string> = Object.create(null) as Record<string, string>;
  readonly #options: AwsChunkedOptions;
  #state: State = "size";
  #line = "";
  #remainingBytes = 0;
  #decodedBytes = 0;
  #chunkSignature = "";
  #chunkHash: Hash | undefined;
  #trailerLines = "";
  #trailerSignature: string | undefined;

  constructor(options: AwsChunkedOptions) {
    this.#options = options;
  }

  write(chunk: Buffer, emit: (data: Buffer) => void): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#state === "data") {
        const data = chunk.subarray(offset, offset + this.#remainingBytes);
        offset += data.length;
        this.#remainingBytes -= data.length;
        this.#chunkHash?.update(data);
        emit(data);
        if (this.#remainingBytes === 0) this.#state = "data-end";
        continue;
      }
      const end = chunk.indexOf(LF, offset);
      const part = chunk.toString("latin1", offset, end < 0 ? chunk.length : end);
      if (this.#line.length + part.length > MAX_LINE_BYTES) throw malformed("A chunk's header is too long.");
      this.#line += part;
      if (end < 0) return;
      offset = end + 1;
      const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
      this.#line = "";
      this.#takeLine(line);
    }
  }

  end(): void {
    // The empty line after the trailers is left out by some clients.
    if (this.#state === "trailer" && this.#line !== "") this.#takeLine(this.#line);
    if (this.#state !== "done" && this.#state !== "trailer") throw incomplete();
    if (this.#decodedBytes !== this.#options.decodedLength) throw incomplete();
    this.#checkTrailers();
  }

  #takeLine(line: string): void {
    switch (this.#state) {
      case "size":
        this.#startChunk(line);
        return;
      case "data-end":
        if (line !== "") throw malformed("A chunk is longer than its size says.");
        this.#finishChunk();
        this.#state = "size";
        return;
      case "trailer":
        if (line === "") this.#state = "done";
        else this.#takeTrailer(line);
        return;
      case "done":
        if (line !== "") throw malformed("There is data after the last chunk.");
        return;
      case "data":
        return;
    }
  }

  #startChunk(line: string): void {
    const match = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line.trim());
    if (match === null) throw malformed("A chunk's size could not be read.");
    const sizeBytes = Number.parseInt(match[1] ?? "", 16);
    this.#decodedBytes += sizeBytes;
    if (this.#decodedBytes > this.#options.decodedLength) throw incomplete();
    if (this.#options.signatures !== undefined) {
      if (match[2] === undefined) throw mismatch();
      this.#chunkSignature = match[2];
      this.#chunkHash = createHash("sha256");
    }
    this.#remainingBytes = sizeBytes;
    if (sizeBytes > 0) {
      this.#state = "data";
      return;
    }
    this.#finishChunk();
    this.#state = "trailer";
  }

  #finishChunk(): void {
    const { signatures } = this.#options;
    if (signatures === undefined || this.#chunkHash === undefined) return;
    if (!signatures.isNextChunk(this.#chunkSignature, this.#chunkHash.digest("hex"))) throw mismatch();
    this.#chunkHash = undefined;
  }

  #takeTrailer(line: string): void {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (colon <= 0 || this.#trailerLines.split("\n").length > MAX_TRAILER_LINES) throw badTrailer("A trailing header could not be read.");
    if (name === "x-amz-trailer-signature") {
      this.#trailerSignature = value;
      return;
    }
    if (this.#options.trailerNames?.includes(name) !== true) throw badTrailer(`The trailing header ${name} was not announced.`);
    this.trailers[name] = value;
    this.#trailerLines += `${name}:${value}\n`;
  }

  #checkTrailers(): void {
    const { trailerNames, signatures } = this.#options;
    if (trailerNames === undefined) return;
    for (const name of trailerNames) {
      if (this.trailers[name] === undefined) throw badTrailer(`The announced trailing header ${name} did not come.`);
    }
    if (signatures !== undefined && !signatures.isTrailer(this.#trailerSignature ?? "", this.#trailerLines)) throw mismatch();
  }
}

function malformed(message: string): ServiceError {
  return new ServiceError("InvalidChunkSizeError", 400, message);
}

function badTrailer(message: string): ServiceError {
  return new ServiceError("MalformedTrailerError", 400, message);
}

function incomplete(): ServiceError {
  return new ServiceError("IncompleteBody", 400, "You did not provide the number of bytes specified by the Content-Length HTTP header.");
}

function mismatch(): ServiceError {
  return new ServiceError("SignatureDoesNotMatch", 403, "The signature of a chunk of the body does not match.");
}
