import type { Socket } from "node:net";
import { once } from "node:events";

/** The other side went away: there is nobody left to tell. */
export class ConnectionEnded extends Error {}

/** A client that neither takes an answer nor sends the rest of what it began, for this long, is hung up on: it holds memory that others wait for. */
const stallTimeoutMs = 60_000;

/** A socket read in exact pieces and written in whole ones. Holds back the client where it sends faster than it is served. */
export class SocketStream {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #sending: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    socket.on("error", () => undefined);
    socket.on("timeout", () => socket.destroy());
  }

  /** Exactly `length` bytes; `ConnectionEnded` where the client leaves before. Only before the first of them it may take its time. */
  async read(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    if (this.#rest.length >= length) return this.#take(length);
    if (this.#rest.length === 0) this.#rest = await this.#next();
    if (this.#rest.length >= length) return this.#take(length);
    const result = Buffer.allocUnsafe(length);
    let filled = 0;
    await this.#drain(length, (piece) => {
      filled += piece.copy(result, filled);
    });
    return result;
  }

  /** Takes `length` bytes and keeps none of them. */
  async skip(length: number): Promise<void> {
    await this.#drain(length, () => undefined);
  }

  /** Sends the parts in order, nothing in between; waits where the client does not take them. */
  async write(parts: readonly Buffer[]): Promise<void> {
    const turn = this.#sending.then(async () => await this.#send(parts));
    this.#sending = turn.catch(() => undefined);
    await turn;
  }

  async #send(parts: readonly Buffer[]): Promise<void> {
    if (this.#isGone()) throw new ConnectionEnded();
    this.#socket.cork();
    const isRoom = parts.map((part) => this.#socket.write(part)).every((room) => room);
    this.#socket.uncork();
    if (isRoom) return;
    const gone = new AbortController();
    this.#socket.setTimeout(stallTimeoutMs);
    try {
      await Promise.race([once(this.#socket, "drain", { signal: gone.signal }), once(this.#socket, "close", { signal: gone.signal })]);
    } catch {
      throw new ConnectionEnded();
    } finally {
      gone.abort();
      this.#socket.setTimeout(0);
    }
    if (this.#isGone()) throw new ConnectionEnded();
  }

  #isGone(): boolean {
    return this.#socket.destroyed || !this.#socket.writable;
  }

  async #drain(length: number, take: (piece: Buffer) => void): Promise<void> {
    this.#socket.setTimeout(stallTimeoutMs);
    try {
      for (let left = length; left > 0; ) {
        if (this.#rest.length === 0) this.#rest = await this.#next();
        const piece = this.#take(Math.min(left, this.#rest.length));
        take(piece);
        left -= piece.length;
      }
    } finally {
      this.#socket.setTimeout(0);
    }
  }

  async #next(): Promise<Buffer> {
    try {
      const next = await this.#chunks.next();
      if (next.done !== true) return next.value;
    } catch {
      // a reset is an end like any other
    }
    throw new ConnectionEnded();
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
