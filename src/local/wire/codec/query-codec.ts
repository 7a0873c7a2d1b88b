import { ServiceError } from "../../service.js";
import type { WireRequest, WireResponse } from "../call.js";
import { wireError } from "../dialect.js";
import type { OperationModel, ServiceModel } from "../service-model.js";
import type { Shape } from "../shape.js";
import { decodeQuery } from "../wire-request.js";
import type { AnswerContext, BodySource, Codec } from "./codec.js";
import { FormReader, InvalidForm } from "./form-reader.js";
import type { FormStyle } from "./form-reader.js";
import { InvalidScalar } from "./scalars.js";
import { escapeXml, writeMembers, xmlDocument, xmlElement } from "./xml-writer.js";

const EC2_STYLE: FormStyle = {
  memberKey: (member) => member.ec2QueryName ?? capitalise(member.memberXmlName ?? member.memberName),
  listItemKey: () => undefined,
};

const QUERY_STYLE: FormStyle = {
  memberKey: (member) => member.memberXmlName ?? member.memberName,
  listItemKey: (list) => (list.isFlattened ? undefined : (list.value.memberXmlName ?? "member")),
};

/** Parameters that belong to the protocol, and those of presigned requests. */
const PROTOCOL_PARAMETERS = ["Action", "Version", "AWSAccessKeyId", "SignatureMethod", "SignatureVersion", "Signature", "Timestamp"];

/**
 * The query protocols: forms in, XML out.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html and aws-query-protocol.html
 */
export class QueryCodec implements Codec {
  readonly #model: ServiceModel;
  readonly #isEc2: boolean;

  constructor(model: ServiceModel) {
    this.#model = model;
    this.#isEc2 = model.definition.protocol === "ec2Query";
  }

  resolve(request: WireRequest, form: Buffer | undefined): OperationModel {
    const action = this.#pairs(request, form).find(([name]) => name === "Action")?.[1];
    if (action === undefined) throw this.#error("missing-parameter", "The request must contain the parameter Action");
    const operation = this.#model.operations.get(action);
    if (operation === undefined) {
      throw this.#error("unknown-operation", `The action ${action} is not valid for this web service.`);
    }
    return operation;
  }

  async decode(operation: OperationModel, request: WireRequest, body: BodySource): Promise<Record<string, unknown>> {
    const { definition } = this.#model;
    try {
      const form = new FormReader(this.#pairs(request, await body.collect()), this.#isEc2 ? EC2_STYLE : QUERY_STYLE);
      const version = form.take("Version");
      if (version !== definition.apiVersion) {
        throw this.#error("unknown-operation", `Could not find operation ${operation.name} for version ${version ?? "NO_VERSION_SPECIFIED"}`);
      }
      for (const name of PROTOCOL_PARAMETERS) form.take(name);
      const input = form.read(operation.input);
      // EC2 refuses what it does not know; the other query services overlook it.
      const unread = this.#isEc2 ? form.findUnread() : undefined;
      if (unread !== undefined) throw new ServiceError("UnknownParameter", 400, `The parameter ${unread} is not recognized`);
      this.#checkRequired(operation.input, input);
      return input;
    } catch (error) {
      if (error instanceof InvalidScalar) {
        throw this.#error("invalid-parameter", `Value (${error.text}) for parameter ${error.shape.memberName} is invalid. ${error.message}`);
      }
      if (error instanceof InvalidForm) throw this.#error("malformed-body", error.message);
      throw error;
    }
  }

  encode(operation: OperationModel, output: Record<string, unknown>, context: AnswerContext): WireResponse {
    const { xmlNamespace } = this.#model.definition;
    const members = writeMembers(operation.output.members, output);
    const content = this.#isEc2
      ? `${xmlElement("requestId", context.requestId)}${operation.output.kind === "unit" ? xmlElement("return", "true") : members}`
      : `${operation.output.kind === "unit" ? "" : xmlElement(`${operation.name}Result`, members)}${xmlElement("ResponseMetadata", xmlElement("RequestId", context.requestId))}`;
    return this.#respond(200, xmlDocument(`${operation.name}Response`, xmlNamespace, content), context);
  }

  encodeError(error: ServiceError, context: AnswerContext): WireResponse {
    let details = xmlElement("Code", escapeXml(error.code)) + xmlElement("Message", escapeXml(error.message));
    for (const [name, value] of Object.entries(error.members)) details += xmlElement(name, escapeXml(String(value)));
    if (this.#isEc2) {
      const content = `${xmlElement("Errors", xmlElement("Error", details))}${xmlElement("RequestID", context.requestId)}`;
      return this.#respond(error.status, xmlDocument("Response", undefined, content), context);
    }
    const type = xmlElement("Type", error.status >= 500 ? "Receiver" : "Sender");
    const content = `${xmlElement("Error", type + details)}${xmlElement("RequestId", context.requestId)}`;
    return this.#respond(error.status, xmlDocument("ErrorResponse", this.#model.definition.xmlNamespace, content), context);
  }

  #respond(status: number, document: string, context: AnswerContext): WireResponse {
    const headers = { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": context.requestId };
    return { status, headers, body: Buffer.from(document, "utf8") };
  }

  #pairs(request: WireRequest, form: Buffer | undefined): (readonly [string, string])[] {
    const query = request.query.filter(([name]) => !name.startsWith("X-Amz-"));
    return form === undefined || form.length === 0 ? query : [...query, ...decodeQuery(form.toString("utf8"))];
  }

  #checkRequired(shape: Shape, input: Readonly<Record<string, unknown>>): void {
    for (const member of shape.members) {
      if (!member.isRequired || input[member.memberName] !== undefined) continue;
      throw this.#error(
        "missing-parameter",
        this.#isEc2
          ? `The request must contain the parameter ${EC2_STYLE.memberKey(member)}`
          : `1 validation error detected: Value null at '${uncapitalise(member.memberName)}' failed to satisfy constraint: Member must not be null`,
      );
    }
  }

  #error(...[fault, message]: [Parameters<typeof wireError>[1], string]): ServiceError {
    return wireError(this.#model.definition.protocol, fault, message);
  }
}

function capitalise(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function uncapitalise(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
