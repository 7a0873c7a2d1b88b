import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../ports/index.js";
import { Turnstile } from "../bytes/turnstile.js";
import { handshake } from "./handshake.js";
import type { NbdExport } from "./nbd-export.js";
import { ConnectionEnded, SocketStream } from "./socket-stream.js";
import { Transmission } from "./transmission.js";

/** Clients at the same time; one more is hung up on. Tools that copy open up to 16 connections. */
const maxConnections = 32;
/** Data of requests under way, of all clients together. */
const maxInFlightBytes = 64 * 2 ** 20;
/** Who has not agreed on an export after this long is hung up on. */
const handshakeTimeoutMs = 30_000;

/** Where a server listens. */
export type NbdAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** Serves one export to any number of clients. */
export class NbdServer {
  readonly #server: Server;
  readonly #export: NbdExport;
  readonly #clock: Clock;
  readonly #memory = new Turnstile(maxInFlightBytes);
  readonly #connections = new Map<Socket, Promise<void>>();

  private constructor(given: NbdExport, clock: Clock) {
    this.#export = given;
    this.#clock = clock;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = maxConnections;
  }

  static async listen(given: NbdExport, address: NbdAddress, clock: Clock): Promise<NbdServer> {
    const server = new NbdServer(given, clock);
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", reject);
      server.#server.listen(address, () => {
        server.#server.off("error", reject);
        resolve();
      });
    });
    return server;
  }

  /** The port that was taken, where the server listens on one. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === "object" ? address?.port : undefined;
  }

  /** Hangs up on all clients and ends. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#connections.keys()) socket.destroy();
    await Promise.all(this.#connections.values());
    await closed;
  }

  #accept(socket: Socket): void {
    const work = this.#serve(socket).finally(() => {
      socket.destroy();
      this.#connections.delete(socket);
    });
    this.#connections.set(socket, work);
  }

  /** Never rejects: a client that goes away or breaks the protocol concerns nobody else. */
  async #serve(socket: Socket): Promise<void> {
    const stream = new SocketStream(socket);
    const agreed = new AbortController();
    const late = this.#clock.sleep(handshakeTimeoutMs, agreed.signal).then(
      () => socket.destroy(),
      () => undefined,
    );
    try {
      const session = await handshake(stream, this.#export);
      agreed.abort();
      if (session === undefined) return;
      await new Transmission(stream, this.#export, session, this.#memory).run();
      socket.end();
    } catch (error) {
      if (!(error instanceof ConnectionEnded)) this.#export.onFailure("connection", error);
    } finally {
      agreed.abort();
      await late;
    }
  }
}
