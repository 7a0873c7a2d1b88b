import { ConnectionPool, type ConnectionPoolOptions } from "./connection-pool.js";
import type { Origin } from "./http-connection.js";

/** The connections of an account's hot calls, by server. */
export class HotConnections {
  readonly #options: ConnectionPoolOptions;
  readonly #pools = new Map<string, ConnectionPool>();

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
  }

  to(origin: Origin): ConnectionPool {
    const key = `${String(origin.isTls)} ${origin.host} ${String(origin.port)}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new ConnectionPool(origin, this.#options);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** Waits for what is going on, then closes all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    this.#pools.clear();
  }
}
