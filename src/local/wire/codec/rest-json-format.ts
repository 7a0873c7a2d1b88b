import type { ServiceError } from "../../service.js";
import type { ServiceModel } from "../service-model.js";
import { InvalidJson, readJsonMembers, writeJsonMembers } from "./json-shapes.js";
import type { RestFormat } from "./rest-codec.js";

/** Documents and errors of the restJson1 protocol. */
export function createRestJsonFormat(model: ServiceModel): RestFormat {
  return {
    contentType: "application/json",
    requestIdHeader: "x-amzn-RequestId",
    readDocument: (_root, members, bytes) => readJsonMembers(members, parseJson(bytes)),
    writeDocument: (_root, members, value) => JSON.stringify(writeJsonMembers(members, value)),
    writeError: (error) => ({ headers: { "x-amzn-ErrorType": error.code }, document: JSON.stringify(errorDocument(model, error)) }),
  };
}

function errorDocument(model: ServiceModel, error: ServiceError): Record<string, unknown> {
  const shape = model.errors.get(error.code);
  if (shape === undefined) return { message: error.message, ...error.members };
  const messageName = shape.members.find((member) => member.memberName.toLowerCase() === "message")?.memberName ?? "message";
  return { [messageName]: error.message, ...writeJsonMembers(shape.members, error.members) };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new InvalidJson(cause instanceof Error ? cause.message : String(cause));
  }
}
