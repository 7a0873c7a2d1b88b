import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import type { ServiceError } from "../../service.js";
import type { BodyDecoder } from "./body-decoder.js";

/** A body sent as it is, hashed only where the client signed a hash of it. */
export class PlainDecoder implements BodyDecoder {
  readonly trailers: Readonly<Record<string, string>> = {};
  readonly #expectedHash: string | undefined;
  readonly #hash: Hash | undefined;
  readonly #mismatch: () => ServiceError;

  constructor(expectedHash: string | undefined, mismatch: () => ServiceError) {
    this.#expectedHash = expectedHash?.toLowerCase();
    this.#hash = expectedHash === undefined ? undefined : createHash("sha256");
    this.#mismatch = mismatch;
  }

  write(chunk: Buffer, emit: (data: Buffer) => void): void {
    this.#hash?.update(chunk);
    emit(chunk);
  }

  end(): void {
    if (this.#hash !== undefined && this.#hash.digest("hex") !== this.#expectedHash) throw this.#mismatch();
  }
}
