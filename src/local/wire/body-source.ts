import { Readable } from "node:stream";
import { wireError } from "./dialect.js";
import type { RequestDocument, WireProtocol } from "../service.js";
import { BodyTooLarge, collectBody } from "./body/collect-body.js";
import type { BodyDecoder } from "./body/body-decoder.js";
import { MAX_DOCUMENT_BYTES } from "./codec/codec.js";
import type { BodySource } from "./codec/codec.js";
import { RequestBody } from "./request-body.js";

export interface RequestBodySourceOptions {
  readonly source: Readable;
  readonly protocol: WireProtocol;
  /** Called when the body is opened; may refuse it. */
  readonly createDecoder: () => BodyDecoder;
  /** Called before the first byte is read. */
  readonly onFirstRead: () => void;
  /** Told of all that comes in. */
  readonly onBytes: (sizeBytes: number) => void;
}

/** The body of a request, opened when an operation first wants it. */
export class RequestBodySource implements BodySource {
  readonly #options: RequestBodySourceOptions;
  #body: RequestBody | undefined;
  #collected: Buffer | undefined;

  constructor(options: RequestBodySourceOptions) {
    this.#options = options;
  }

  /** Why the body did not hold, if it did not. */
  get failure(): Error | undefined {
    return this.#body?.failure;
  }

  /** What was collected, if something was. */
  get document(): RequestDocument | undefined {
    return this.#collected === undefined ? undefined : { bytes: this.#collected, trailers: this.open().trailers };
  }

  open(): RequestBody {
    const { source, createDecoder, onFirstRead, onBytes } = this.#options;
    this.#body ??= new RequestBody({ source, decoder: createDecoder(), onFirstRead, onBytes });
    return this.#body;
  }

  async collect(): Promise<Buffer> {
    this.#collected = await collectWithin(this.open(), this.#options.protocol);
    return this.#collected;
  }
}

/** A body that was read already. */
export function bytesAsSource(bytes: Buffer): Readable {
  return Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false });
}

/** Collects a document; raises the service's error for one that is too large. */
export async function collectWithin(source: Readable, protocol: WireProtocol): Promise<Buffer> {
  try {
    return await collectBody(source, MAX_DOCUMENT_BYTES);
  } catch (error) {
    if (error instanceof BodyTooLarge) throw wireError(protocol, "body-too-large", error.message);
    throw error;
  }
}
