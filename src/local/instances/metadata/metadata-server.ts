import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { MetadataSettings } from "../../ec2/instances/instance-record.js";
import type { LocalClock } from "../../local-clock.js";
import { closeServer, HOST, listenOn } from "../../wire/listen.js";
import type { ListenTarget } from "../../wire/listen.js";
import { MetadataTokens } from "./metadata-tokens.js";

export interface MetadataServerOptions {
  readonly clock: LocalClock;
  /** How the service is set at this moment. */
  readonly settings: () => MetadataSettings;
  /** The answer for a path below `/latest/`. */
  readonly lookUp: (path: string) => string | Buffer | undefined;
}

const TOKEN_PATH = "/latest/api/token";
const TOKEN_HEADER = "x-aws-ec2-metadata-token";
const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
/** Addresses, and names that nobody else can give out. */
const OWN_HOST = /^(?:[\d.]+|\[[\da-f:.]+\]|localhost)(?::\d+)?$/i;
const PATH = /^\/(?:latest|\d{4}-\d{2}-\d{2})(?:\/(.*))?$/;

interface Answer {
  readonly status: number;
  readonly body?: string | Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The instance metadata service of one instance: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
export class MetadataServer {
  readonly #options: MetadataServerOptions;
  readonly #tokens: MetadataTokens;
  readonly #servers: Server[] = [];

  constructor(options: MetadataServerOptions) {
    this.#options = options;
    this.#tokens = new MetadataTokens(options.clock);
  }

  /** Listens; gives the URL. */
  async listen(target: ListenTarget = 0): Promise<string> {
    const server = createServer((request, response) => {
      request.resume();
      const { status, body = "", headers = {} } = this.#answer(request);
      send(response, status, body, headers);
    });
    this.#servers.push(server);
    return `http://${HOST}:${await listenOn(server, target)}`;
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map(closeServer));
  }

  #answer(request: IncomingMessage): Answer {
    // a page in a browser, under a name that leads here, must not get at what is the instance's
    if (!OWN_HOST.test(request.headers.host ?? HOST)) return { status: 403 };
    const settings = this.#options.settings();
    if (settings.httpEndpoint === "disabled") return { status: 403 };
    const url = decodePath(request.url ?? "/");
    if (url === undefined) return { status: 400 };
    if (request.method === "PUT" && url === TOKEN_PATH) return this.#issueToken(request);
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405 };
    const token = request.headers[TOKEN_HEADER];
    if (token === undefined ? settings.httpTokens === "required" : !this.#tokens.isValid(String(token))) return { status: 401 };
    if (url === "/") return { status: 200, body: "latest" };
    const [match, path = ""] = PATH.exec(url) ?? [];
    if (match === undefined) return { status: 404 };
    if (path === "") return { status: 200, body: "dynamic\nmeta-data\nuser-data" };
    const body = this.#options.lookUp(path.replace(/\/$/, ""));
    return body === undefined ? { status: 404 } : { status: 200, body };
  }

  #issueToken(request: IncomingMessage): Answer {
    // A proxy that passes requests on from elsewhere must not get at what is the instance's.
    if (request.headers["x-forwarded-for"] !== undefined) return { status: 403 };
    const ttl = request.headers[TTL_HEADER];
    const token = this.#tokens.issue(typeof ttl === "string" ? ttl : undefined);
    return token === undefined ? { status: 400 } : { status: 200, body: token, headers: { [TTL_HEADER]: String(ttl) } };
  }
}

function decodePath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split("?")[0] ?? "/");
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function send(response: ServerResponse, status: number, body: string | Buffer, headers: Readonly<Record<string, string>>): void {
  response.writeHead(status, { "content-type": "text/plain", server: "EC2ws", ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
