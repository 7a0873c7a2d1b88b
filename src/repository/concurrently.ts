/**
 * Does `work` for each item, up to `maxInFlight` at a time. The first failure ends the source and waits for what is in
 * flight before it is raised.
 */
export async function concurrently<Item>(items: AsyncIterable<Item> | Iterable<Item>, maxInFlight: number, work: (item: Item) => Promise<void>): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const item of items) {
      const doing = work(item)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => inFlight.delete(doing));
      inFlight.add(doing);
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight);
      if (failure !== undefined) break;
    }
  } finally {
    await Promise.all(inFlight);
  }
  if (failure !== undefined) throw failure.error;
}
