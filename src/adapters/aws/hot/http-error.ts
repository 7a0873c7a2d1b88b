/** A failure of the network, by the codes that Node and undici give theirs. */
export class NetworkFailure extends Error {
  readonly code: string;

  constructor(code: "ERR_STREAM_PREMATURE_CLOSE" | "ETIMEDOUT" | "HPE_INVALID", message: string) {
    super(message);
    this.name = code === "ETIMEDOUT" ? "TimeoutError" : "NetworkFailure";
    this.code = code;
  }
}

/** The connection ended before the answer was whole. */
export function closedEarly(): NetworkFailure {
  return new NetworkFailure("ERR_STREAM_PREMATURE_CLOSE", "the connection was closed before the answer was whole");
}

/** What came is no HTTP as it is understood here. */
export function notHttp(what: string): NetworkFailure {
  return new NetworkFailure("HPE_INVALID", `the answer is not HTTP/1.1 as it should be: ${what}`);
}

/** Nothing happened for too long. */
export function timedOut(what: string, limitMs: number): NetworkFailure {
  return new NetworkFailure("ETIMEDOUT", `${what} for ${String(limitMs)} ms`);
}
