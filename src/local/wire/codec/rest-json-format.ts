import type { ServiceModel } from "../service-model.js";
import { errorDocument, parseJson, readJsonMembers, writeJsonMembers } from "./json-shapes.js";
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
