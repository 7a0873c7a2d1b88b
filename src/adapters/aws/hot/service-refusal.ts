import { XMLParser } from "fast-xml-parser";
import type { HttpAnswer } from "./http-connection.js";

/** What a service said in place of doing what it was asked: with the fields by which the stock clients' errors are read. */
export class ServiceRefusal extends Error {
  readonly $fault: "client" | "server";
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId?: string | undefined };
  readonly $response: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> };
  readonly Reason?: string | undefined;
  readonly Region?: string | undefined;

  constructor(answer: HttpAnswer, said: Said) {
    super(said.message);
    const { status, headers } = answer;
    this.name = said.code;
    this.$fault = status >= 500 ? "server" : "client";
    this.$metadata = { httpStatusCode: status, requestId: headers["x-amzn-requestid"] ?? headers["x-amz-request-id"] };
    this.$response = { statusCode: status, headers };
    this.Reason = said.reason;
    this.Region = said.region;
  }
}

interface Said {
  readonly code: string;
  readonly message: string;
  readonly reason?: string | undefined;
  readonly region?: string | undefined;
}

/** A refusal in JSON, as EBS direct writes it: the code in a header or in `__type`. */
export function jsonRefusal(answer: HttpAnswer): ServiceRefusal {
  const said = readJson(answer.body);
  // `ValidationException:http://…` and `com.amazonaws.ebs#ValidationException` are spelled both ways.
  const type = answer.headers["x-amzn-errortype"] ?? textOf(said["__type"]) ?? textOf(said["code"]) ?? "Unknown";
  const code = (type.split(":")[0] ?? type).split("#").at(-1) ?? type;
  return new ServiceRefusal(answer, { code, message: textOf(said["message"]) ?? textOf(said["Message"]) ?? code, reason: textOf(said["Reason"]) });
}

const xml = new XMLParser({ parseTagValue: false });

/** A refusal in XML, as S3 writes it. */
export function xmlRefusal(answer: HttpAnswer): ServiceRefusal {
  const said = readXml(answer.body);
  const code = textOf(said["Code"]) ?? (answer.status === 404 ? "NotFound" : "Unknown");
  return new ServiceRefusal(answer, { code, message: textOf(said["Message"]) ?? code, region: textOf(said["Region"]) });
}

function readJson(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(body.toString("utf8")));
  } catch {
    // A proxy's page: the status is what it says.
    return {};
  }
}

function readXml(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return recordOf(recordOf(xml.parse(body.toString("utf8")))["Error"]);
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
