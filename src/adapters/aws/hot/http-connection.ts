import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ChunkedBody } from "./chunked-body.js";
import { closedEarly, notHttp, timedOut } from "./http-error.js";
import { bodyLength, parseHead, type HttpHead } from "./http-head.js";

/** Where a server listens. */
export interface Origin {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
}

/** How long the stages of a call may stand still. */
export interface HttpTimeouts {
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly bodyIdleTimeoutMs: number;
}

/** A request as it goes over the line. */
export interface HttpRequest {
  /** First line and headers, the empty line included. */
  readonly head: string;
  readonly body: readonly Uint8Array[];
}

export type { HttpHead } from "./http-head.js";

export interface HttpAnswer extends HttpHead {
  readonly body: Buffer;
}

/** Where an answer's body is to be put, by its head: memory of exactly its length. What it throws ends the call and the connection. */
export type BodyPlace = (head: HttpHead, lengthBytes: number) => Buffer;

/** Heads are some hundred bytes; what of the body comes along with one is copied, so that it is not larger than this. */
const headBytes = 16_384;
/** Bodies whose length is not said beforehand: those of refusals, a few KiB. */
const maxUnknownBytes = 1 << 20;
/** What is handed to the socket at a time: small enough for a time limit to see progress on a slow line. */
const sliceBytes = 1 << 20;
const slicesAhead = 2;

interface Exchange {
  readonly place: BodyPlace;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: unknown) => void;
  head: HttpHead | undefined;
  body: Buffer;
  filled: number;
  /** The body's length is not known beforehand: it is collected until it ends. */
  isOpenEnded: boolean;
  /** Of a body that says by its chunks where it ends. */
  chunks: ChunkedBody | undefined;
  isSent: boolean;
}

/**
 * One connection that carries one call at a time (HTTP/1.1), and reads an answer's body from the socket right into the memory where it is to be: no chunks,
 * no copies, no garbage. It is closed by whatever is not as it should be, and then carries nothing more.
 */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #timeouts: HttpTimeouts;
  readonly #scratch = Buffer.allocUnsafeSlow(headBytes);
  #scratchFilled = 0;
  #exchange: Exchange | undefined;
  #isConnected = false;
  #isClosed = false;
  #mayReuse = true;
  /** When the connection last got on, by the monotonic clock of the real network. */
  #aliveAtMs = performance.now();

  constructor(origin: Origin, timeouts: HttpTimeouts, onClosed: () => void) {
    this.#timeouts = timeouts;
    const { host, port, isTls } = origin;
    const onread = { buffer: () => this.#nextBuffer(), callback: (bytes: number) => this.#take(bytes) };
    this.#socket = isTls ? connectTls({ host, port, servername: isIP(host) === 0 ? host : "", ALPNProtocols: ["http/1.1"], ...{ onread } }) : connectPlain({ host, port, onread });
    this.#socket.setNoDelay(true);
    this.#socket.once(isTls ? "secureConnect" : "connect", () => {
      this.#isConnected = true;
      this.#aliveAtMs = performance.now();
    });
    this.#socket.on("error", (error) => {
      this.#fail(error);
    });
    this.#socket.once("close", () => {
      this.#isClosed = true;
      this.#endOpenEnded();
      this.#fail(closedEarly());
      onClosed();
    });
  }

  /** Whether it can carry another call. */
  get isUsable(): boolean {
    return !this.#isClosed && this.#mayReuse && this.#exchange === undefined;
  }

  /** For how long it has done nothing. */
  get idleMs(): number {
    return performance.now() - this.#aliveAtMs;
  }

  /** An unused connection does not keep the process alive. */
  rest(): void {
    this.#socket.unref();
  }

  /** Sends a request and reads the whole answer. An abort closes the connection and rejects with the signal's reason. */
  async send(request: HttpRequest, place: BodyPlace, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    signal?.throwIfAborted();
    const giveUp = (): void => {
      this.#fail(signal?.reason);
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    this.#socket.ref();
    this.#aliveAtMs = performance.now();
    try {
      return await new Promise<HttpAnswer>((resolve, reject) => {
        if (this.#isClosed) {
          reject(closedEarly());
          return;
        }
        this.#exchange = { place, resolve, reject, head: undefined, body: this.#scratch, filled: 0, isOpenEnded: false, chunks: undefined, isSent: false };
        this.#write(request);
      });
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Ends a call that stands still for longer than it may. */
  checkTime(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const { connectTimeoutMs, firstByteTimeoutMs, bodyIdleTimeoutMs } = this.#timeouts;
    const [limitMs, what] = !this.#isConnected
      ? [connectTimeoutMs, "no connection came to stand"]
      : exchange.head !== undefined
        ? [bodyIdleTimeoutMs, "the answer stood still"]
        : exchange.isSent
          ? [firstByteTimeoutMs, "no answer came"]
          : [bodyIdleTimeoutMs, "nothing of the request went out"];
    if (this.idleMs > limitMs) this.#fail(timedOut(what, limitMs));
  }

  close(): void {
    this.#fail(closedEarly());
    this.#socket.destroy();
  }

  #write({ head, body }: HttpRequest): void {
    const socket = this.#socket;
    const slices = sliced(body);
    const exchange = this.#exchange;
    const next = (): void => {
      if (this.#isClosed || this.#exchange !== exchange) return;
      const slice = slices.next();
      if (slice.done !== true) socket.write(slice.value, onWritten);
    };
    let pending = 0;
    const onWritten = (): void => {
      this.#aliveAtMs = performance.now();
      pending--;
      if (exchange !== undefined && pending === 0) exchange.isSent = true;
      next();
    };
    for (const slice of body) pending += Math.ceil(slice.length / sliceBytes);
    pending++;
    socket.cork();
    socket.write(head, "latin1", onWritten);
    for (let ahead = 0; ahead < slicesAhead; ahead++) next();
    socket.uncork();
  }

  #nextBuffer(): Buffer {
    const exchange = this.#exchange;
    if (exchange?.head === undefined || exchange.filled === exchange.body.length) return this.#scratch.subarray(this.#scratchFilled);
    return exchange.body.subarray(exchange.filled);
  }

  /** Bytes came into the memory that was given last. */
  #take(bytes: number): boolean {
    const exchange = this.#exchange;
    this.#aliveAtMs = performance.now();
    if (exchange === undefined) {
      // Nobody asked: what it says belongs to no call.
      this.close();
      return false;
    }
    try {
      if (exchange.head === undefined) this.#takeHead(exchange, bytes);
      else {
        exchange.filled += bytes;
        if (exchange.isOpenEnded) growBody(exchange);
      }
      this.#finishIfWhole(exchange);
    } catch (error) {
      this.#fail(error);
    }
    return !this.#isClosed;
  }

  #takeHead(exchange: Exchange, bytes: number): void {
    const searchFrom = Math.max(0, this.#scratchFilled - 3);
    this.#scratchFilled += bytes;
    let from = searchFrom;
    for (;;) {
      const end = this.#scratch.subarray(0, this.#scratchFilled).indexOf("\r\n\r\n", from, "latin1");
      if (end === -1) {
        if (this.#scratchFilled === headBytes) throw notHttp("its head is too long");
        return;
      }
      const head = parseHead(this.#scratch.toString("latin1", 0, end));
      if (head === undefined) throw notHttp("its head is malformed");
      const rest = this.#scratch.subarray(end + 4, this.#scratchFilled);
      if (head.status >= 200) {
        this.#beginBody(exchange, head, rest);
        return;
      }
      // An interim answer (RFC 9110, 15.2): the one that counts follows.
      this.#scratchFilled = rest.copy(this.#scratch);
      from = 0;
    }
  }

  #beginBody(exchange: Exchange, head: HttpHead, rest: Buffer): void {
    const length = bodyLength(head);
    exchange.head = head;
    this.#scratchFilled = 0;
    this.#mayReuse = head.headers["connection"]?.toLowerCase() !== "close";
    if (length === undefined) {
      if (head.status < 300) throw notHttp("the length of its body is not said");
      exchange.isOpenEnded = true;
      if (head.headers["transfer-encoding"]?.toLowerCase() === "chunked") exchange.chunks = new ChunkedBody();
      exchange.body = Buffer.allocUnsafe(headBytes * 2);
      exchange.filled = rest.copy(exchange.body);
      return;
    }
    if (rest.length > length) throw notHttp("more came than was announced");
    if (head.status >= 300 && length > maxUnknownBytes) throw notHttp("a refusal is too long");
    exchange.body = head.status < 300 ? exchange.place(head, length) : Buffer.allocUnsafe(length);
    if (exchange.body.length !== length) throw new RangeError(`${String(exchange.body.length)} bytes of memory were given for ${String(length)}`);
    exchange.filled = rest.copy(exchange.body);
  }

  #finishIfWhole(exchange: Exchange): void {
    if (exchange.head === undefined) return;
    if (exchange.isOpenEnded) {
      const body = exchange.chunks?.read(exchange.body.subarray(0, exchange.filled));
      if (body !== undefined) this.#settle(exchange, body);
    } else if (exchange.filled === exchange.body.length) {
      this.#settle(exchange, exchange.body);
    }
  }

  /** A body without length and without chunks ends with its connection. */
  #endOpenEnded(): void {
    const exchange = this.#exchange;
    if (exchange?.head === undefined || !exchange.isOpenEnded || exchange.head.headers["transfer-encoding"] !== undefined) return;
    this.#settle(exchange, exchange.body.subarray(0, exchange.filled));
  }

  #settle(exchange: Exchange, body: Buffer): void {
    if (exchange.head === undefined) return;
    // An answer that came before all was sent leaves a request in the line that nobody finishes.
    if (!exchange.isSent) this.#mayReuse = false;
    this.#exchange = undefined;
    exchange.resolve({ ...exchange.head, body });
    if (!this.#mayReuse) this.#socket.destroy();
  }

  #fail(error: unknown): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#mayReuse = false;
    exchange?.reject(error);
    this.#socket.destroy();
  }
}

function* sliced(body: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  for (const part of body) for (let offset = 0; offset < part.length; offset += sliceBytes) yield part.subarray(offset, offset + sliceBytes);
  return undefined;
}

function growBody(exchange: Exchange): void {
  if (exchange.filled < exchange.body.length) return;
  if (exchange.filled >= maxUnknownBytes) throw notHttp("a refusal is too long");
  exchange.body = Buffer.concat([exchange.body], exchange.body.length * 2);
}
