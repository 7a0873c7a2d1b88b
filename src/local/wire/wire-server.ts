import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ServiceDefinition } from "../service.js";
import type { CallLog } from "./call-log.js";
import type { CallOrigin } from "./call-origin.js";
import { hostService } from "./hosted-service.js";
import type { HostedService } from "./hosted-service.js";
import { closeServer, HOST, listenOn } from "./listen.js";
import type { ListenTarget } from "./listen.js";
import { RequestHandler } from "./request-handler.js";
import type { Arrival } from "./request-handler.js";
import type { CallEnvironment } from "./served-call.js";

export interface WireServerOptions {
  readonly services: readonly ServiceDefinition[];
  readonly environment: CallEnvironment;
  readonly calls: CallLog;
}

const SOCKET_BUFFER_BYTES = 256 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;

/** An endpoint of one instance. */
export interface OriginEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** The one endpoint of all services, on the loopback interface, and those of instances beside it. */
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
    this.#server = this.#createServer(undefined);
  }

  /** Begins to listen; port 0 takes a free one. */
  async listen(port: number): Promise<void> {
    this.#port = await listenOn(this.#server, port);
  }

  get endpoint(): string {
    return `http://${HOST}:${this.#port}`;
  }

  /** Opens an endpoint whose calls all come from one instance. */
  async openFor(origin: CallOrigin, target: ListenTarget = 0): Promise<OriginEndpoint> {
    const server = this.#createServer(origin);
    const port = await listenOn(server, target);
    return { url: `http://${HOST}:${port}`, close: () => closeServer(server) };
  }

  /** Ends every connection and waits until no call is going on. */
  async close(): Promise<void> {
    const closed = closeServer(this.#server);
    await Promise.all(this.#open);
    await closed;
  }

  #createServer(origin: CallOrigin | undefined): Server {
    const server = createServer({
      highWaterMark: SOCKET_BUFFER_BYTES,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
      // A test may hold a connection or a request for as long as it likes.
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
    });
    server.on("request", (message, target) => {
      this.#take(message, target, { expectsContinue: false, origin });
    });
    server.on("checkContinue", (message, target) => {
      this.#take(message, target, { expectsContinue: true, origin });
    });
    server.on("clientError", (_error, socket) => {
      socket.destroy();
    });
    return server;
  }

  #take(message: IncomingMessage, target: ServerResponse, arrival: Arrival): void {
    // A client that goes away is told to the call by its signal and its body.
    message.on("error", () => undefined);
    target.on("error", () => undefined);
    const done = this.#handler.handle(message, target, arrival).finally(() => {
      this.#open.delete(done);
    });
    this.#open.add(done);
  }
}
