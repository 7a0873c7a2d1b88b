import type { RequestCount, RequestCounter } from "../ports/index.js";

/** What a piece of work has asked of providers so far; undefined where nobody counts. */
export type AskedRequests = () => readonly RequestCount[] | undefined;

/** Does work and measures what that asks of providers, beside others that ask by the same counters. Where a counter cannot tell them apart, all counts that is asked in that time. */
export async function measuringRequests<Result>(counters: readonly (RequestCounter | undefined)[], work: (asked: AskedRequests) => Promise<Result>): Promise<Result> {
  const distinct = [...new Set(counters.filter((counter) => counter !== undefined))];
  const measured: (() => readonly RequestCount[])[] = [];
  const within = async ([counter, ...others]: readonly RequestCounter[]): Promise<Result> => {
    if (counter === undefined) return await work(() => (measured.length === 0 ? undefined : sumRequests(measured.flatMap((counts) => counts()))));
    if (counter.during === undefined) {
      measured.push(differenceOf(counter));
      return await within(others);
    }
    return await counter.during(async (counts) => {
      measured.push(counts);
      return await within(others);
    });
  };
  return await within(distinct);
}

/** One count for each operation and region, of those that were asked for at all. */
export function sumRequests(counts: readonly RequestCount[]): RequestCount[] {
  const sums = new Map<string, RequestCount>();
  for (const count of counts) {
    const { requests = 0, throttled = 0, failed = 0 } = sums.get(keyOf(count)) ?? {};
    sums.set(keyOf(count), { ...count, requests: requests + count.requests, throttled: throttled + count.throttled, failed: failed + count.failed });
  }
  return [...sums.values()].filter(({ requests }) => requests > 0);
}

function differenceOf(counter: RequestCounter): () => RequestCount[] {
  const before = new Map(counter.counts().map((count) => [keyOf(count), count]));
  return () => counter.counts().map((count) => since(count, before.get(keyOf(count))));
}

function since({ service, operation, region, requests, throttled, failed }: RequestCount, earlier: RequestCount | undefined): RequestCount {
  return { service, operation, region, requests: requests - (earlier?.requests ?? 0), throttled: throttled - (earlier?.throttled ?? 0), failed: failed - (earlier?.failed ?? 0) };
}

function keyOf({ service, operation, region }: RequestCount): string {
  return `${service}\n${operation}\n${region}`;
}
