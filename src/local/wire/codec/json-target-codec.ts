import type { WireRequest, WireResponse } from "../call.js";
import type { ServiceError } from "../../service.js";
import { wireError } from "../dialect.js";
import type { OperationModel, ServiceModel } from "../service-model.js";
import type { AnswerContext, BodySource, Codec } from "./codec.js";
import { errorDocument, InvalidJson, parseJson, readJsonMembers, writeJsonMembers } from "./json-shapes.js";

const CONTENT_TYPE = "application/x-amz-json-1.1";

/**
 * AWS JSON 1.1: the operation in `X-Amz-Target`, one JSON document in and one out.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export class JsonTargetCodec implements Codec {
  readonly #model: ServiceModel;

  constructor(model: ServiceModel) {
    this.#model = model;
  }

  resolve(request: WireRequest): OperationModel {
    const { targetPrefix = "", unavailable } = this.#model.definition;
    if (unavailable !== undefined) throw wireError("json", "not-implemented", unavailable);
    const [prefix, name = "", ...others] = (request.headers["x-amz-target"] ?? "").split(".");
    const operation = prefix === targetPrefix && others.length === 0 ? this.#model.operations.get(name) : undefined;
    const isPost = request.method === "POST" && request.rawPath === "/";
    if (operation === undefined || !isPost || request.headers["content-type"] !== CONTENT_TYPE) throw wireError("json", "unknown-operation");
    return operation;
  }

  async decode(operation: OperationModel, _request: WireRequest, body: BodySource): Promise<Record<string, unknown>> {
    try {
      const bytes = await body.collect();
      const input = readJsonMembers(operation.input.members, bytes.length === 0 ? {} : parseJson(bytes));
      for (const { isRequired, memberName } of operation.input.members) {
        if (!isRequired || input[memberName] !== undefined) continue;
        const shown = memberName.charAt(0).toLowerCase() + memberName.slice(1);
        throw wireError("json", "missing-parameter", `1 validation error detected: Value null at '${shown}' failed to satisfy constraint: Member must not be null`);
      }
      return input;
    } catch (error) {
      if (error instanceof InvalidJson) throw wireError("json", "malformed-body", error.message);
      throw error;
    }
  }

  encode(operation: OperationModel, output: Record<string, unknown>, context: AnswerContext): WireResponse {
    return respond(200, operation.output.kind === "unit" ? undefined : writeJsonMembers(operation.output.members, output), context);
  }

  encodeError(error: ServiceError, context: AnswerContext): WireResponse {
    return respond(error.status, { __type: error.code, ...errorDocument(this.#model, error) }, context);
  }
}

function respond(status: number, document: Record<string, unknown> | undefined, { requestId }: AnswerContext): WireResponse {
  const headers = { "content-type": CONTENT_TYPE, "x-amzn-requestid": requestId };
  return { status, headers, body: Buffer.from(document === undefined ? "" : JSON.stringify(document), "utf8") };
}
