import { Readable } from "node:stream";
import { HTTP_STATUS, ServiceError } from "../../service.js";
import type { WireRequest, WireResponse } from "../call.js";
import { wireError } from "../dialect.js";
import type { WireFault } from "../dialect.js";
import type { OperationModel, ServiceModel } from "../service-model.js";
import type { Shape } from "../shape.js";
import type { AnswerContext, BodySource, Codec } from "./codec.js";
import { InvalidJson } from "./json-shapes.js";
import { RequestBindings } from "./request-bindings.js";
import { ResponseBindings } from "./response-bindings.js";
import { RestRoutes } from "./rest-routes.js";
import { InvalidScalar } from "./scalars.js";
import { InvalidXml } from "./xml-reader.js";

/** What the two REST protocols do differently: documents and errors. */
export interface RestFormat {
  readDocument(root: Shape, members: readonly Shape[], bytes: Buffer): Record<string, unknown>;
  writeDocument(root: Shape, members: readonly Shape[], value: Readonly<Record<string, unknown>>): string;
  readonly contentType: string;
  /** The header that carries the request's id. */
  readonly requestIdHeader: string;
  /** Headers and document of an error. */
  writeError(error: ServiceError, context: AnswerContext): { readonly headers: Record<string, string>; readonly document: string };
}

interface StatusMember {
  readonly [HTTP_STATUS]?: number;
}

interface Bindings {
  readonly request: RequestBindings;
  readonly response: ResponseBindings;
}

/**
 * The REST protocols: members of an operation in path, query, headers and body.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html and aws-restxml-protocol.html
 */
export class RestCodec implements Codec {
  readonly #model: ServiceModel;
  readonly #format: RestFormat;
  readonly #routes: RestRoutes;
  readonly #bindings = new Map<string, Bindings>();

  constructor(model: ServiceModel, format: RestFormat) {
    this.#model = model;
    this.#format = format;
    this.#routes = new RestRoutes(model);
  }

  resolve(request: WireRequest): OperationModel {
    const match = this.#routes.find(request);
    if (match === undefined) throw this.#error("unknown-operation");
    return match.operation;
  }

  async decode(operation: OperationModel, request: WireRequest, body: BodySource): Promise<Record<string, unknown>> {
    const { request: bindings } = this.#bindingsOf(operation);
    try {
      const input = bindings.read(request, this.#routes.find(request)?.labels ?? {});
      await this.#readBody(bindings, operation, input, request, body);
      for (const member of operation.input.members) {
        if (member.isRequired && input[member.memberName] === undefined) throw this.#missing(member);
      }
      return input;
    } catch (error) {
      if (error instanceof InvalidScalar) throw this.#invalid(error.shape, error.message);
      if (error instanceof InvalidXml || error instanceof InvalidJson) throw this.#error("malformed-body", undefined);
      throw error;
    }
  }

  encode(operation: OperationModel, output: Record<string, unknown>, context: AnswerContext): WireResponse {
    const { response } = this.#bindingsOf(operation);
    const headers: Record<string, string> = { [this.#format.requestIdHeader]: context.requestId, ...response.writeHeaders(output) };
    const success = (output as StatusMember)[HTTP_STATUS] ?? operation.http?.status ?? 200;
    const status = success === 200 && output["ContentRange"] !== undefined ? 206 : success;
    const { payload, bodyMembers } = response;
    if (payload !== undefined) {
      const value = output[payload.memberName];
      if (payload.kind === "structure" && value !== undefined) {
        return this.#document(status, headers, payload, payload.members, value as Record<string, unknown>);
      }
      return { status, headers, body: toBody(payload, value) };
    }
    if (bodyMembers.length === 0) return { status, headers, body: undefined };
    return this.#document(status, headers, operation.output, bodyMembers, output);
  }

  encodeError(error: ServiceError, context: AnswerContext): WireResponse {
    const { headers, document } = this.#format.writeError(error, context);
    // An error may carry what the operation's answer has in headers: the version of a delete marker, the tag of an unchanged object.
    const bound = context.operation === undefined ? {} : this.#bindingsOf(context.operation).response.writeHeaders(error.members);
    const all = { [this.#format.requestIdHeader]: context.requestId, ...bound, ...headers };
    if (error.status === 304 || error.status === 204) return { status: error.status, headers: all, body: undefined };
    return { status: error.status, headers: { ...all, "content-type": this.#format.contentType }, body: Buffer.from(document, "utf8") };
  }

  #document(status: number, headers: Record<string, string>, root: Shape, members: readonly Shape[], value: Record<string, unknown>): WireResponse {
    headers["content-type"] = this.#format.contentType;
    return { status, headers, body: Buffer.from(this.#format.writeDocument(root, members, value), "utf8") };
  }

  async #readBody(
    bindings: RequestBindings,
    operation: OperationModel,
    input: Record<string, unknown>,
    request: WireRequest,
    body: BodySource,
  ): Promise<void> {
    const { payload, bodyMembers } = bindings;
    if (payload?.isStreaming === true) {
      if (request.headers["content-length"] === undefined && request.headers["transfer-encoding"] !== undefined) {
        throw new ServiceError("MissingContentLength", 411, "You must provide the Content-Length HTTP header.");
      }
      input[payload.memberName] = body.open();
      return;
    }
    const bytes = await body.collect();
    if (payload !== undefined) {
      if (bytes.length === 0) return;
      if (payload.kind === "structure") input[payload.memberName] = this.#format.readDocument(payload, payload.members, bytes);
      else input[payload.memberName] = payload.kind === "string" ? bytes.toString("utf8") : bytes;
    } else if (bodyMembers.length > 0 && bytes.length > 0) {
      Object.assign(input, this.#format.readDocument(operation.input, bodyMembers, bytes));
    }
  }

  #bindingsOf(operation: OperationModel): Bindings {
    let bindings = this.#bindings.get(operation.name);
    if (bindings === undefined) {
      bindings = { request: new RequestBindings(operation), response: new ResponseBindings(operation) };
      this.#bindings.set(operation.name, bindings);
    }
    return bindings;
  }

  #missing(member: Shape): ServiceError {
    return this.#error("missing-parameter", `1 validation error detected: ${member.memberName} is required.`, member);
  }

  #invalid(member: Shape, message: string): ServiceError {
    return this.#error("invalid-parameter", message, member);
  }

  #error(fault: WireFault, message?: string, member?: Shape): ServiceError {
    const { protocol } = this.#model.definition;
    if (member === undefined) return wireError(protocol, fault, message);
    const members = protocol === "restXml" ? { ArgumentName: member.memberName } : { Reason: "INVALID_PARAMETER_VALUE" };
    return wireError(protocol, fault, message, members);
  }
}

function toBody(payload: Shape, value: unknown): Uint8Array | Readable | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Uint8Array || value instanceof Readable) return value;
  if (typeof value === "string") return Buffer.from(value, "utf8");
  throw new TypeError(`A service answered ${payload.memberName} with something that is no body.`);
}
