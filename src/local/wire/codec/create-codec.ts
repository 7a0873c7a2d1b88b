import type { ServiceModel } from "../service-model.js";
import type { Codec } from "./codec.js";
import { JsonTargetCodec } from "./json-target-codec.js";
import { QueryCodec } from "./query-codec.js";
import { RestCodec } from "./rest-codec.js";
import { createRestJsonFormat } from "./rest-json-format.js";
import { createRestXmlFormat } from "./rest-xml-format.js";

/** The codec of a service's protocol. */
export function createCodec(model: ServiceModel): Codec {
  switch (model.definition.protocol) {
    case "ec2Query":
    case "awsQuery":
      return new QueryCodec(model);
    case "json":
      return new JsonTargetCodec(model);
    case "restJson":
      return new RestCodec(model, createRestJsonFormat(model));
    case "restXml":
      return new RestCodec(model, createRestXmlFormat(model));
  }
}
