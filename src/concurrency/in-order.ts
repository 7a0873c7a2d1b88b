/**
 * Starts `work` on up to `maxInFlight` items at a time (a number that may move is asked for again) and gives the results in the items' order. A failure, of the work
 * or of whoever takes the results, ends the source and waits for what is in flight before it is raised.
 */
export async function* inOrder<Item, Result>(items: AsyncIterable<Item>, maxInFlight: number | (() => number), work: (item: Item) => Promise<Result>): AsyncGenerator<Result> {
  const inFlight: Promise<Result>[] = [];
  const limit = typeof maxInFlight === "number" ? () => maxInFlight : maxInFlight;
  try {
    for await (const item of items) {
      const result = work(item);
      // a later failure must not count as unhandled while an earlier result is awaited; it is raised in its turn
      result.catch(() => undefined);
      inFlight.push(result);
      while (inFlight.length >= Math.max(1, limit())) {
        const next = inFlight.shift();
        if (next !== undefined) yield await next;
      }
    }
    for (let next = inFlight.shift(); next !== undefined; next = inFlight.shift()) yield await next;
  } finally {
    await Promise.allSettled(inFlight);
  }
}
