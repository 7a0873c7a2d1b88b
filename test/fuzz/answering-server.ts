import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** Who hears a piece and says nothing for so long waits for more, which does not come: it is hung up on, so that no time limit has to end it. Client and server are one process, so that this is long. */
const silenceMs = 25;

/** A server on loopback that says what it is told to say, whatever it is asked, and hangs up. */
export class AnsweringServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #pieces: Buffer[] = [];
  readonly #speaksFirst: boolean;

  private constructor(speaksFirst: boolean) {
    this.#speaksFirst = speaksFirst;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** `speaksFirst`: it greets who connects, as mail servers do. */
  static async start({ speaksFirst = false } = {}): Promise<AnsweringServer> {
    const server = new AnsweringServer(speaksFirst);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    // an input that is neither taken nor refused must not keep a run of tests alive
    server.#server.unref();
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on who says something hears the next one of these pieces, whichever connection it comes by; after the last one it is hung up on. */
  say(pieces: readonly Buffer[]): void {
    this.#pieces = [...pieces];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    let silence: NodeJS.Timeout | undefined;
    const wait = (): void => {
      clearTimeout(silence);
      // what came meanwhile, where this process had other things to do, is heard before the immediate, and waited for anew
      const timer = setTimeout(() => setImmediate(() => silence === timer && socket.end()), silenceMs);
      silence = timer;
    };
    const next = (): void => {
      const piece = this.#pieces.shift();
      if (piece !== undefined) socket.write(piece);
      if (this.#pieces.length === 0) socket.end();
    };
    this.#sockets.add(socket);
    socket.unref();
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(silence);
      silence = undefined;
      this.#sockets.delete(socket);
    });
    // the rest of a request, after its head, is no further one
    socket.on("data", (bytes) => {
      if (this.#speaksFirst || /^[A-Z]+ /.test(bytes.toString("latin1", 0, 8))) next();
      wait();
    });
    if (!this.#speaksFirst) return;
    next();
    wait();
  }
}
