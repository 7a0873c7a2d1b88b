import type { HttpRequest, HttpResponse } from "@smithy/core/protocols";
import type { HttpHandlerOptions } from "@smithy/types";
import type { UndiciHttpHandler } from "@smithy/undici-http-handler";
import type { Dispatcher } from "undici";
import { IllegalStateError } from "../../../errors/index.js";
import type { AwsProxy } from "../aws-proxy.js";
import type { ResolvedAwsLimits } from "../limits/aws-limits.js";

export interface AwsConnectionsOptions {
  readonly limits: ResolvedAwsLimits;
  readonly proxy: AwsProxy | undefined;
}

interface Opened {
  readonly dispatcher: Dispatcher;
  readonly handler: UndiciHttpHandler;
}

/** The connections over which all clients of an account send. As with the clients, what they are made of is loaded when it is first needed. */
export class AwsConnections {
  readonly #options: AwsConnectionsOptions;
  #opened: Promise<Opened> | undefined;
  #isClosed = false;

  constructor(options: AwsConnectionsOptions) {
    this.#options = options;
  }

  /** Loads what a request needs, so that it is not loaded in a request's own time. */
  async load(): Promise<void> {
    await this.#open();
  }

  /** Sends a request of a client: how the clients know their handler. */
  async handle(request: HttpRequest, options?: HttpHandlerOptions): Promise<{ response: HttpResponse }> {
    const { handler } = await this.#open();
    return await handler.handle(request, options);
  }

  /** A client that is destroyed leaves the others their connections. */
  destroy(): void {
    // `close` ends them
  }

  updateHttpClientConfig(): void {
    // they are made by the account's own limits
  }

  httpHandlerConfigs(): object {
    return {};
  }

  /** Waits for what is going on, and closes them for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await this.#opened;
    await opened?.dispatcher.close();
  }

  async #open(): Promise<Opened> {
    if (this.#opened === undefined && this.#isClosed) throw new IllegalStateError("This AwsAccount is closed: make a new one.", { code: "AccountClosed" });
    return await (this.#opened ??= openConnections(this.#options));
  }
}

async function openConnections({ limits, proxy }: AwsConnectionsOptions): Promise<Opened> {
  const [{ Agent, EnvHttpProxyAgent }, { UndiciHttpHandler: Handler }] = await Promise.all([import("undici"), import("@smithy/undici-http-handler")]);
  const options = {
    connections: limits.maxConnections,
    connect: { timeout: limits.connectTimeoutMs },
    headersTimeout: limits.firstByteTimeoutMs,
    bodyTimeout: limits.bodyIdleTimeoutMs,
  };
  const dispatcher = proxy === undefined ? new Agent(options) : new EnvHttpProxyAgent({ ...options, httpProxy: proxy.url, httpsProxy: proxy.url, noProxy: proxy.except ?? "" });
  return { dispatcher, handler: new Handler({ dispatcher }) };
}
