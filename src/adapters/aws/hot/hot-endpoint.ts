import { SystemClock } from "../../../system/index.js";
import type { AwsCredentials } from "../credentials/aws-credentials.js";
import type { ConnectionPool } from "./connection-pool.js";
import type { HotConnections } from "./hot-connections.js";
import type { HotPlace } from "./hot-place.js";
import type { BodyPlace, HttpAnswer } from "./http-connection.js";
import type { ServiceRefusal } from "./service-refusal.js";
import { RequestSigner } from "./sign-request.js";

/** A call on the hot road. Header names are lower-case. */
export interface HotRequest {
  readonly method: "GET" | "PUT";
  /** After the endpoint's own path; encoded. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: readonly Uint8Array[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HotEndpointOptions {
  readonly place: HotPlace;
  readonly connections: HotConnections;
  readonly credentials: () => Promise<AwsCredentials>;
  /** Reads a refusal in the service's own words. */
  readonly refusal: (answer: HttpAnswer) => ServiceRefusal;
}

const skewCodes: ReadonlySet<string> = new Set(["RequestTimeTooSkewed", "RequestInTheFuture", "InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired"]);
/** AWS takes requests whose time differs by 5 minutes at most; less than this is no reason to trust another's clock. */
const tolerableSkewMs = 60_000;

/** One endpoint, called without the stock client: signs, sends, and gives the answer with its body in memory that the caller chose. */
export class HotEndpoint {
  readonly #options: HotEndpointOptions;
  readonly #signer: RequestSigner;
  readonly #pool: ConnectionPool;
  /** Signatures are judged by the real time, whatever clock a test has. */
  readonly #clock = new SystemClock();
  #clockOffsetMs = 0;

  constructor(options: HotEndpointOptions) {
    this.#options = options;
    this.#signer = new RequestSigner(options.place.scope);
    this.#pool = options.connections.to(options.place.origin);
  }

  /** The answer of a call that succeeded; what the service refuses is raised as {@link ServiceRefusal}. */
  async send({ method, path, query, headers, body = [], signal }: HotRequest, place: BodyPlace): Promise<HttpAnswer> {
    const { place: to, credentials, refusal } = this.#options;
    const signed = this.#signer.sign({ method, path: to.basePath + path, query, headers: { ...headers, host: to.host } }, await credentials(), new Date(this.#clock.now().getTime() + this.#clockOffsetMs));
    const lengthLine = method === "PUT" ? `content-length: ${String(body.reduce((sum, part) => sum + part.length, 0))}\r\n` : "";
    const head = `${method} ${signed.target} HTTP/1.1\r\n${Object.entries(signed.headers).map(headerLine).join("")}${lengthLine}\r\n`;
    const answer = await this.#pool.send({ head, body }, place, signal);
    if (answer.status < 300) return answer;
    const error = refusal(answer);
    if (skewCodes.has(error.name)) this.#setClock(answer);
    throw error;
  }

  #setClock({ headers }: HttpAnswer): void {
    const theirs = Date.parse(headers["date"] ?? "");
    if (Number.isNaN(theirs)) return;
    const offsetMs = theirs - this.#clock.now().getTime();
    this.#clockOffsetMs = Math.abs(offsetMs) > tolerableSkewMs ? offsetMs : 0;
  }
}

function headerLine([name, value]: readonly [string, string]): string {
  // A line break in a value would be a header of its own.
  if (/[\r\n\0]/.test(value)) throw new TypeError(`the header ${name} has a line break in it`);
  return `${name}: ${value}\r\n`;
}
