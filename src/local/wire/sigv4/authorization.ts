import type { WireRequest } from "../call.js";
import { queryValue } from "../call.js";

export const ALGORITHM = "AWS4-HMAC-SHA256";
const UNSUPPORTED = `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`;

/** A signature with its scope, as it stands in the `Authorization` header or in a presigned URL. */
export interface Authorization {
  readonly accessKeyId: string;
  /** The scope's date, `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** When it was signed, `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** How long a presigned URL holds; undefined for a signed header. */
  readonly expiresSeconds: number | undefined;
}

/** What is wrong with the form of an authorization. */
export class MalformedAuthorization extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MalformedAuthorization";
  }
}

/** Finds the signature of a request; undefined for an unsigned one. Raises `MalformedAuthorization`. */
export function parseAuthorization(request: WireRequest): Authorization | undefined {
  const header = request.headers["authorization"];
  const presigned = queryValue(request, "X-Amz-Algorithm");
  if (header !== undefined) return parseHeader(request, header);
  if (presigned !== undefined) return parseQuery(request, presigned);
  // A presigned URL of Signature Version 2, which regions since 2014 refuse.
  if (queryValue(request, "AWSAccessKeyId") !== undefined) throw new MalformedAuthorization(UNSUPPORTED);
  return undefined;
}

/** The scope that a signature is made for: `20260131/eu-west-1/s3/aws4_request`. */
export function scopeOf(authorization: Authorization): string {
  return `${authorization.date}/${authorization.region}/${authorization.service}/aws4_request`;
}

function parseHeader(request: WireRequest, header: string): Authorization {
  const space = header.indexOf(" ");
  const algorithm = space < 0 ? header : header.slice(0, space);
  if (algorithm !== ALGORITHM) {
    throw new MalformedAuthorization(UNSUPPORTED);
  }
  const fields = new Map<string, string>();
  for (const part of header.slice(space + 1).split(",")) {
    const equals = part.indexOf("=");
    if (equals > 0) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  return {
    ...parseCredential(required(fields.get("Credential"), "Credential")),
    signedHeaders: required(fields.get("SignedHeaders"), "SignedHeaders").split(";"),
    signature: required(fields.get("Signature"), "Signature"),
    timestamp: request.headers["x-amz-date"] ?? compactDate(required(request.headers["date"], "X-Amz-Date or Date")),
    sessionToken: request.headers["x-amz-security-token"],
    expiresSeconds: undefined,
  };
}

const MAX_EXPIRES_SECONDS = 604_800;

function parseQuery(request: WireRequest, algorithm: string): Authorization {
  if (algorithm !== ALGORITHM) throw new MalformedAuthorization(`X-Amz-Algorithm only supports "${ALGORITHM}".`);
  const read = (name: string): string => required(queryValue(request, name), name);
  const expiresSeconds = Number(read("X-Amz-Expires"));
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 0) throw new MalformedAuthorization("X-Amz-Expires must be a number of seconds.");
  if (expiresSeconds > MAX_EXPIRES_SECONDS) throw new MalformedAuthorization("X-Amz-Expires must be less than a week (in seconds).");
  return {
    ...parseCredential(read("X-Amz-Credential")),
    signedHeaders: read("X-Amz-SignedHeaders").split(";"),
    signature: read("X-Amz-Signature"),
    timestamp: read("X-Amz-Date"),
    sessionToken: queryValue(request, "X-Amz-Security-Token"),
    expiresSeconds,
  };
}

function parseCredential(text: string): Pick<Authorization, "accessKeyId" | "date" | "region" | "service"> {
  const [accessKeyId, date, region, service, terminal, ...rest] = text.split("/");
  if (!accessKeyId || !date || !region || !service || terminal !== "aws4_request" || rest.length > 0) {
    throw new MalformedAuthorization('The Credential must be of the form "<access key>/YYYYMMDD/REGION/SERVICE/aws4_request".');
  }
  return { accessKeyId, date, region, service };
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === "") throw new MalformedAuthorization(`The authorization requires ${name}.`);
  return value;
}

function compactDate(httpDate: string): string {
  const date = new Date(httpDate);
  if (Number.isNaN(date.getTime())) throw new MalformedAuthorization("The Date header is not a date.");
  return date.toISOString().replace(/[-:]|\.\d{3}/g, "");
}
