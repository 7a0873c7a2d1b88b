/**
 * Does `work` for each item, up to `maxInFlight` at a time (a number that may move is asked for again), in whatever order they are done. The first failure, of the work or of
 * the source, ends the source; what is in flight settles before it is raised.
 */
export async function concurrently<Item>(items: AsyncIterable<Item> | Iterable<Item>, maxInFlight: number | (() => number), work: (item: Item) => Promise<void>): Promise<void> {
  const limit = typeof maxInFlight === "number" ? () => maxInFlight : maxInFlight;
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const item of items) {
      const done: Promise<void> = work(item).catch((error: unknown) => void failures.push(error)).finally(() => inFlight.delete(done));
      inFlight.add(done);
      while (inFlight.size >= Math.max(1, limit()) && failures.length === 0) await Promise.race(inFlight);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(inFlight);
  }
  if (failures.length > 0) throw failures[0];
}
