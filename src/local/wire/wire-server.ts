import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ServiceDefinition } from "../service.js";
import type { CallLog } from "./call-log.js";
import { hostService } from "./hosted-service.js";
import type { HostedService } from "./hosted-service.js";
import { RequestHandler } from "./request-handler.js";
import type { CallEnvironment } from "./served-call.js";

export interface WireServerOptions {
  readonly services: readonly ServiceDefinition[];
  readonly environment: CallEnvironment;
  readonly calls: CallLog;
}

const HOST = "127.0.0.1";
const SOCKET_BUFFER_BYTES = 256 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;

/** The one endpoint of all services, on the loopback interface. */
export class WireServer {
  readonly #server: Server;
  readonly #handler: RequestHandler;
  readonly #open = new Set<Promise<void>>();
  #port = 0;

  constructor(options: WireServerOptions) {
    const services = new Map<string, HostedService>();
    const strangers = new Map<string, HostedService>();
    for (const definition of options.services) {
      const service = hostService(definition);
      services.set(definition.signingName, service);
      strangers.set(definition.protocol, service);
    }
    this.#handler = new RequestHandler({ services, strangers, environment: options.environment, calls: options.calls });
    this.#server = createServer({
      highWaterMark: SOCKET_BUFFER_BYTES,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
      // A test may hold a connection or a request for as long as it likes.
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
    });
    this.#server.on("request", (message, target) => {
      this.#take(message, target, false);
    });
    this.#server.on("checkContinue", (message, target) => {
      this.#take(message, target, true);
    });
    this.#server.on("clientError", (_error, socket) => {
      socket.destroy();
    });
  }

  /** Begins to listen; port 0 takes a free one. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, HOST, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
  }

  get endpoint(): string {
    return `http://${HOST}:${this.#port}`;
  }

  /** Ends every connection and waits until no call is going on. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeAllConnections();
    await Promise.all(this.#open);
    await closed;
  }

  #take(message: IncomingMessage, target: ServerResponse, expectsContinue: boolean): void {
    // A client that goes away is told to the call by its signal and its body.
    message.on("error", () => undefined);
    target.on("error", () => undefined);
    const done = this.#handler.handle(message, target, expectsContinue).finally(() => {
      this.#open.delete(done);
    });
    this.#open.add(done);
  }
}
