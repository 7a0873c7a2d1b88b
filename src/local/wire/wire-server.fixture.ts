import { createHash, createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { LocalClock } from "../local-clock.js";
import type { Operation, RequestContext, ServiceDefinition } from "../service.js";
import { Authorizer } from "./authorizer.js";
import { CallLog } from "./call-log.js";
import { Faults } from "./faults/faults.js";
import { SigningKeys } from "./sigv4/signing-key.js";
import { WireServer } from "./wire-server.js";

/** What the tests of this folder sign with. */
export const TEST_CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret/with+signs" };
export const TEST_REGION = "eu-west-1";

/** A server with its parts, for tests. */
export interface TestServer {
  readonly server: WireServer;
  readonly calls: CallLog;
  readonly faults: Faults;
  readonly authorizer: Authorizer;
  readonly clock: LocalClock;
}

export async function startTestServer(services: readonly ServiceDefinition[]): Promise<TestServer> {
  const parts = { calls: new CallLog(), faults: new Faults(7), authorizer: new Authorizer(), clock: new LocalClock() };
  const principal = { accountId: "111122223333", arn: "arn:aws:iam::111122223333:user/a" };
  const credentials = {
    find: (accessKeyId: string) => (accessKeyId === TEST_CREDENTIALS.accessKeyId ? { ...TEST_CREDENTIALS, principal } : ("unknown-key" as const)),
  };
  const { calls, ...rest } = parts;
  const environment = { ...rest, regions: [TEST_REGION], keys: new SigningKeys(), credentials };
  const server = new WireServer({ services, calls, environment });
  await server.listen(0);
  return { server, ...parts };
}

/** An operation of a service for tests. */
export function operation(run: (input: never, context: RequestContext) => unknown): Operation {
  return async (input: never, context: RequestContext) => await run(input, context);
}

export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly service: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** When it is signed; now by default. */
  readonly signedAt?: Date;
  readonly payloadHash?: string;
  /** Changes the headers after signing. */
  readonly tamper?: (headers: Record<string, string>) => void;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Sends a signed request that no client would make. */
export async function sendRaw(endpoint: string, raw: RawRequest): Promise<RawAnswer> {
  const headers = signRaw(endpoint, raw);
  return await new Promise((resolve, reject) => {
    const request = httpRequest(endpoint + raw.path, { method: raw.method ?? "GET", headers, agent: false }, (response) => {
      readAll(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      }, reject);
    });
    request.once("error", reject);
    // A client that expects to be asked for its body waits for that.
    if (headers["expect"] === undefined) request.end(raw.body);
    else request.once("continue", () => request.end(raw.body)).flushHeaders();
  });
}

export function signRaw(endpoint: string, raw: RawRequest): Record<string, string> {
  const date = (raw.signedAt ?? new Date()).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const payloadHash = raw.payloadHash ?? createHash("sha256").update(raw.body ?? "").digest("hex");
  const headers: Record<string, string> = {
    host: new URL(endpoint).host,
    "x-amz-date": date,
    "x-amz-content-sha256": payloadHash,
    ...(raw.body === undefined ? {} : { "content-length": String(Buffer.byteLength(raw.body)) }),
    ...raw.headers,
  };
  const names = Object.keys(headers).sort();
  const [path = "/", query = ""] = raw.path.split("?");
  const lines = names.map((name) => `${name}:${headers[name] ?? ""}\n`).join("");
  const canonical = `${raw.method ?? "GET"}\n${path}\n${query}\n${lines}\n${names.join(";")}\n${payloadHash}`;
  const scope = `${date.slice(0, 8)}/${TEST_REGION}/${raw.service}/aws4_request`;
  let key: string | Buffer = `AWS4${TEST_CREDENTIALS.secretAccessKey}`;
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${createHash("sha256").update(canonical).digest("hex")}`;
  const signature = createHmac("sha256", key).update(text).digest("hex");
  headers["authorization"] = `AWS4-HMAC-SHA256 Credential=${TEST_CREDENTIALS.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  raw.tamper?.(headers);
  return headers;
}
