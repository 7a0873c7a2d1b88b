import { AsyncLocalStorage } from "node:async_hooks";
import { CallCounts, type AwsCallCount, type AwsCallFacts } from "./call-counts.js";

interface MeasuredWork {
  readonly counts: CallCounts;
  /** In which it is done, and whose calls its calls are, too. */
  readonly outer: MeasuredWork | undefined;
}

/** Tells the calls of several pieces of work apart that are done at the same time by the same account: each call is that work's in whose asynchronous course it is made. */
export class CallsOfWork {
  readonly #current = new AsyncLocalStorage<MeasuredWork>();

  /** Does work; `counts` says what calls were made in its course so far. */
  async during<Result>(work: (counts: () => readonly AwsCallCount[]) => Promise<Result>): Promise<Result> {
    const measured: MeasuredWork = { counts: new CallCounts(), outer: this.#current.getStore() };
    return await this.#current.run(measured, async () => await work(() => measured.counts.list()));
  }

  /** Counts a call for the work in whose course this is called. */
  add(facts: AwsCallFacts): void {
    for (let work = this.#current.getStore(); work !== undefined; work = work.outer) work.counts.add(facts);
  }
}
