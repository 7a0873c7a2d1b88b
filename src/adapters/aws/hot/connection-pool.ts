import { HttpConnection, type BodyPlace, type HttpAnswer, type HttpRequest, type HttpTimeouts, type Origin } from "./http-connection.js";

/** Servers close idle connections after five seconds and more (Node's 5, S3's some 20): one that waited for longer may be closed just now. */
const maxIdleMs = 4_000;
/** How often standing calls are looked for: time limits are seconds. */
const checkEveryMs = 250;

export interface ConnectionPoolOptions extends HttpTimeouts {
  readonly maxConnections: number;
}

/** The connections to one server: as many as calls are under way, up to a limit; the one that was used last is used first. */
export class ConnectionPool {
  readonly #origin: Origin;
  readonly #options: ConnectionPoolOptions;
  readonly #all = new Set<HttpConnection>();
  readonly #idle: HttpConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #watch: NodeJS.Timeout | undefined;
  #busy = 0;
  #onIdle: (() => void) | undefined;

  constructor(origin: Origin, options: ConnectionPoolOptions) {
    this.#origin = origin;
    this.#options = options;
  }

  /** Sends a request over a connection that is free, or when one becomes so. */
  async send(request: HttpRequest, place: BodyPlace, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    while (this.#busy >= this.#options.maxConnections) await this.#turn(signal);
    this.#busy++;
    this.#watch ??= setInterval(() => {
      this.#check();
    }, checkEveryMs).unref();
    const connection = this.#take();
    try {
      return await connection.send(request, place, signal);
    } finally {
      this.#busy--;
      if (connection.isUsable) {
        connection.rest();
        this.#idle.push(connection);
      }
      this.#waiting.shift()?.();
      if (this.#busy === 0) this.#onIdle?.();
    }
  }

  /** Waits for what is going on, then closes all connections. */
  async close(): Promise<void> {
    if (this.#busy > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    clearInterval(this.#watch);
    this.#watch = undefined;
    for (const connection of this.#all) connection.close();
  }

  #take(): HttpConnection {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isUsable && connection.idleMs < maxIdleMs) return connection;
      connection.close();
    }
    const connection: HttpConnection = new HttpConnection(this.#origin, this.#options, () => this.#all.delete(connection));
    this.#all.add(connection);
    return connection;
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = (): void => {
        const at = this.#waiting.indexOf(enter);
        if (at !== -1) this.#waiting.splice(at, 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(enter);
    });
  }

  #check(): void {
    for (const connection of this.#all) connection.checkTime();
    const idle = this.#idle.filter((connection) => connection.isUsable && connection.idleMs < maxIdleMs);
    for (const connection of this.#idle) if (!idle.includes(connection)) connection.close();
    this.#idle.splice(0, this.#idle.length, ...idle);
    if (this.#busy > 0 || idle.length > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}
