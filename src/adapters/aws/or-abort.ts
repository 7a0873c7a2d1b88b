/** What `shared` resolves to, for a caller who may give up alone: rejects with the signal's reason while others wait on. */
export async function orAbort<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await shared;
  return await new Promise<T>((resolve, reject) => {
    const giveUp = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    shared.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", giveUp);
    });
  });
}
