import { Readable } from "node:stream";
import { ServiceError } from "../service.js";
import type { BodyDecoder } from "./body/body-decoder.js";

const HIGH_WATER_MARK_BYTES = 256 * 1024;

export interface RequestBodyOptions {
  readonly source: Readable;
  readonly decoder: BodyDecoder;
  /** Called before the first byte is read. */
  readonly onFirstRead?: () => void;
  /** Told of all that comes in, before it is decoded. */
  readonly onBytes?: (sizeBytes: number) => void;
}

/**
 * The decoded body of a request, verified as it is read.
 *
 * It ends only when everything that the client promised has come and holds: the length, the signed hash of the body or of each
 * chunk. Otherwise it fails with a `ServiceError`, perhaps after most of the data: so nothing may be published before `end`.
 */
export class RequestBody extends Readable {
  readonly #options: RequestBodyOptions;
  readonly #source: Readable;
  readonly #decoder: BodyDecoder;
  #isStarted = false;
  #failure: Error | undefined;

  constructor(options: RequestBodyOptions) {
    super({ highWaterMark: HIGH_WATER_MARK_BYTES });
    this.#options = options;
    this.#source = options.source;
    this.#decoder = options.decoder;
  }

  /** Headers after an `aws-chunked` body, by lower-case name; complete when the stream ends. */
  get trailers(): Readonly<Record<string, string>> {
    return this.#decoder.trailers;
  }

  /** Why the body does not hold, once that is known. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  override _read(): void {
    if (this.#isStarted) {
      this.#source.resume();
      return;
    }
    this.#isStarted = true;
    // A client that went away before anyone asked for the body is not reported by an event any more.
    if (this.#source.destroyed) {
      this.#onClose();
      return;
    }
    this.#options.onFirstRead?.();
    this.#source.on("data", this.#onData);
    this.#source.once("end", this.#onEnd);
    this.#source.once("close", this.#onClose);
    this.#source.once("error", this.#onClose);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#failure ??= error ?? undefined;
    this.#detach();
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#options.onBytes?.(chunk.length);
    try {
      this.#decoder.write(chunk, this.#emit);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };

  readonly #emit = (data: Buffer): void => {
    if (!this.push(data)) this.#source.pause();
  };

  readonly #onEnd = (): void => {
    try {
      this.#decoder.end();
      this.#detach();
      this.push(null);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };

  readonly #onClose = (): void => {
    this.destroy(new ServiceError("RequestTimeout", 400, "The client went away before its request's body was complete."));
  };

  // What is left of the body then flows by unread, so that the connection can carry the answer.
  #detach(): void {
    this.#source.off("data", this.#onData);
    this.#source.off("end", this.#onEnd);
    this.#source.off("close", this.#onClose);
    this.#source.off("error", this.#onClose);
  }
}
