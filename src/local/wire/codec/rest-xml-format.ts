import type { ServiceError } from "../../service.js";
import { decodePercent } from "../wire-request.js";
import type { ServiceModel } from "../service-model.js";
import type { Shape } from "../shape.js";
import type { AnswerContext } from "./codec.js";
import type { RestFormat } from "./rest-codec.js";
import { formatScalar } from "./scalars.js";
import { readXml } from "./xml-reader.js";
import { escapeXml, writeMembers, xmlDocument, xmlElement } from "./xml-writer.js";

/** Documents and errors of the restXml protocol, as S3 speaks it. */
export function createRestXmlFormat(model: ServiceModel): RestFormat {
  const namespace = model.definition.xmlNamespace;
  return {
    contentType: "application/xml",
    requestIdHeader: "x-amz-request-id",
    readDocument: (root, _members, bytes) => readXml(root, bytes, undefined),
    writeDocument: (root, members, value) => xmlDocument(rootName(root), namespace, content(root, members, value)),
    writeError: (error, context) => ({ headers: { "x-amz-id-2": hostId(context.requestId) }, document: errorDocument(error, context) }),
  };
}

function rootName(root: Shape): string {
  return root.traits.xmlName ?? root.name;
}

function content(root: Shape, members: readonly Shape[], value: Readonly<Record<string, unknown>>): string {
  const [only] = members;
  // S3 writes a structure whose only member has its root's name without a wrapper: <LocationConstraint>eu-west-1</LocationConstraint>.
  if (only !== undefined && members.length === 1 && (only.memberXmlName ?? only.memberName) === rootName(root)) {
    const part = value[only.memberName];
    return part === undefined || part === null ? "" : escapeXml(formatScalar(only, part, "date-time"));
  }
  return writeMembers(members, value);
}

function errorDocument(error: ServiceError, context: AnswerContext): string {
  let details = xmlElement("Code", escapeXml(error.code)) + xmlElement("Message", escapeXml(error.message));
  for (const [name, value] of Object.entries(error.members)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") details += xmlElement(name, escapeXml(String(value)));
  }
  details += xmlElement("Resource", escapeXml(resourceOf(context)));
  return xmlDocument("Error", undefined, details + xmlElement("RequestId", context.requestId) + xmlElement("HostId", hostId(context.requestId)));
}

function resourceOf(context: AnswerContext): string {
  const { rawPath } = context.request;
  return context.operation === undefined ? rawPath : decodePercent(rawPath);
}

/** Stands for the second id that S3 gives each request. */
function hostId(requestId: string): string {
  return Buffer.from(requestId.repeat(2), "utf8").toString("base64");
}
