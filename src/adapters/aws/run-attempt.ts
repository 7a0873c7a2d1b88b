/** Raised inside when one attempt takes too long. */
export class AttemptTimedOut extends Error {
  readonly code = "ETIMEDOUT";

  constructor(timeoutMs: number) {
    super(`no end after ${timeoutMs} ms`);
    this.name = "TimeoutError";
  }
}

/**
 * Runs one attempt under a time limit and the caller's signal, and settles as soon as either ends it, also where the
 * client does not listen. The limit is one of the real network, like the client's own: no clock of a test moves it.
 */
export async function runAttempt<T>(work: (signal: AbortSignal) => Promise<T>, limits: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined }): Promise<T> {
  const { timeoutMs, signal } = limits;
  const attempt = new AbortController();
  const abort = (): void => {
    attempt.abort(signal?.reason);
  };
  signal?.throwIfAborted();
  signal?.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(() => {
    attempt.abort(new AttemptTimedOut(timeoutMs));
  }, timeoutMs);
  const ended = new Promise<never>((_resolve, reject) => {
    attempt.signal.addEventListener("abort", () => {
      reject(attempt.signal.reason as Error);
    }, { once: true });
  });
  try {
    return await Promise.race([work(attempt.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
