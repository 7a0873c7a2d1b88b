import type { StoredAmount } from "../../prices/s3-prices.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { StoredStatistics } from "./repository-statistics.js";

type Growing = { -readonly [Name in keyof StoredAmount]: number };

const kinds: readonly [prefix: string, kind: Exclude<keyof StoredStatistics, "total">][] = [
  ["packs/", "dataPacks"],
  ["meta/", "metaPacks"],
  ["log/", "records"],
  ["groups/", "groups"],
  ["idx/", "index"],
];

/** Counts all objects by one listing, a page at a time. */
export async function storedAmounts({ store }: RepositoryContext, options: SignalOptions): Promise<StoredStatistics> {
  const zero = (): Growing => ({ objects: 0, bytes: 0 });
  const stored = { dataPacks: zero(), metaPacks: zero(), records: zero(), groups: zero(), index: zero(), others: zero(), total: zero() };
  for await (const { name, sizeBytes } of store.list("", options)) {
    const [, kind = "others"] = kinds.find(([prefix]) => name.startsWith(prefix)) ?? [];
    for (const amount of [stored[kind], stored.total]) {
      amount.objects++;
      amount.bytes += sizeBytes;
    }
  }
  return stored;
}
