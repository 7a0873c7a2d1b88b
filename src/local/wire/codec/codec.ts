import type { WireRequest, WireResponse } from "../call.js";
import type { OperationModel } from "../service-model.js";
import type { RequestBody } from "../request-body.js";
import type { ServiceError } from "../../service.js";

/** The largest body of an operation that takes no stream: an XML with 10,000 parts of an upload has about 4 MiB. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** A body of a request, read when the codec asks for it. */
export interface BodySource {
  /** The whole body, for operations that take documents. */
  collect(): Promise<Buffer>;
  /** The body as a stream, for operations that take one. */
  open(): RequestBody;
}

/** Where an answer belongs. */
export interface AnswerContext {
  readonly requestId: string;
  readonly request: WireRequest;
  readonly operation: OperationModel | undefined;
}

/** How a protocol names operations, reads inputs and writes outputs and errors. */
export interface Codec {
  /** Finds the operation that a request asks for; raises the protocol's error where there is none. */
  resolve(request: WireRequest, form: Buffer | undefined): OperationModel;
  decode(operation: OperationModel, request: WireRequest, body: BodySource): Promise<Record<string, unknown>>;
  encode(operation: OperationModel, output: Record<string, unknown>, context: AnswerContext): WireResponse;
  encodeError(error: ServiceError, context: AnswerContext): WireResponse;
}
