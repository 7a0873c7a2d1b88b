/**
 * Does `work` on each item, up to `maxInFlight` at a time (asked for again before each), in whatever order they are done. The first failure, of the work or of the source, ends the
 * source; what is in flight settles before it is raised.
 */
export async function allInFlight<Item>(items: AsyncIterable<Item>, maxInFlight: () => number, work: (item: Item) => Promise<void>): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const item of items) {
      const done: Promise<void> = work(item).catch((error: unknown) => void failures.push(error)).finally(() => inFlight.delete(done));
      inFlight.add(done);
      while (inFlight.size >= Math.max(1, maxInFlight()) && failures.length === 0) await Promise.race(inFlight);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(inFlight);
  }
  if (failures.length > 0) throw failures[0];
}
