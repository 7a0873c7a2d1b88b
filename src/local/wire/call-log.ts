import type { JudgedPermission } from "./judged-permission.js";

/** One call that the cloud answered, or whose connection it broke. */
export interface CallEntry {
  readonly requestId: string;
  readonly service: string;
  /** The operation's name; `Unknown` where the request names none. */
  readonly operation: string;
  readonly region: string;
  /** The caller's account; the empty string where the caller could not be authenticated. */
  readonly accountId: string;
  readonly principalArn: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** The HTTP status; 0 where the connection was broken before any. */
  readonly status: number;
  /** The error's code; undefined for a success. */
  readonly errorCode: string | undefined;
  /** Bytes of the request's body that were read, and of the answer's body that were sent. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Kinds of the injected faults that met the call. */
  readonly faults: readonly string[];
  /** What the call needed the leave for, as far as it came, and what the caller's own policies said of it. */
  readonly permissions: readonly JudgedPermission[];
  /** What went wrong inside a service that answered an internal error. */
  readonly failure: unknown;
}

/** Which calls are meant: every given field must be the same. */
export interface CallFilter {
  readonly service?: string;
  readonly operation?: string;
  /** `ok` for successes, otherwise the error's code. */
  readonly outcome?: string;
}

interface Counter {
  readonly service: string;
  readonly operation: string;
  readonly outcome: string;
  calls: number;
  bytesIn: number;
  bytesOut: number;
}

const DEFAULT_CAPACITY = 10_000;

/**
 * What was called.
 *
 * The newest entries are kept, up to a capacity; the counts and sums are exact since the start or the last `clear()`.
 */
export class CallLog {
  readonly #capacity: number;
  readonly #counters = new Map<string, Counter>();
  #ring: CallEntry[] = [];
  #next = 0;

  constructor(capacity = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  /** Adds a call, in the place of the oldest where the log is full. */
  record(entry: CallEntry): void {
    if (this.#ring.length < this.#capacity) this.#ring.push(entry);
    else this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#capacity;
    const counter = this.#counterOf(entry);
    counter.calls += 1;
    counter.bytesIn += entry.bytesIn;
    counter.bytesOut += entry.bytesOut;
  }

  /** How many calls there were. */
  count(filter: CallFilter = {}): number {
    return this.#sum(filter, (counter) => counter.calls);
  }

  /** Bytes of request bodies that were read. */
  bytesIn(filter: CallFilter = {}): number {
    return this.#sum(filter, (counter) => counter.bytesIn);
  }

  /** Bytes of answer bodies that were sent. */
  bytesOut(filter: CallFilter = {}): number {
    return this.#sum(filter, (counter) => counter.bytesOut);
  }

  /** The newest calls, oldest first. */
  list(filter: CallFilter = {}): CallEntry[] {
    const ordered = this.#ring.length < this.#capacity ? this.#ring : [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
    return ordered.filter((entry) => isMatch(filter, { ...entry, outcome: outcomeOf(entry) }));
  }

  /** Forgets all calls, and counts from zero. */
  clear(): void {
    this.#ring = [];
    this.#next = 0;
    this.#counters.clear();
  }

  #counterOf(entry: CallEntry): Counter {
    const outcome = outcomeOf(entry);
    const id = `${entry.service}\n${entry.operation}\n${outcome}`;
    let counter = this.#counters.get(id);
    if (counter === undefined) {
      counter = { service: entry.service, operation: entry.operation, outcome, calls: 0, bytesIn: 0, bytesOut: 0 };
      this.#counters.set(id, counter);
    }
    return counter;
  }

  #sum(filter: CallFilter, measure: (counter: Counter) => number): number {
    let total = 0;
    for (const counter of this.#counters.values()) if (isMatch(filter, counter)) total += measure(counter);
    return total;
  }
}

function outcomeOf(entry: CallEntry): string {
  return entry.errorCode ?? "ok";
}

function isMatch(filter: CallFilter, subject: { readonly service: string; readonly operation: string; readonly outcome: string }): boolean {
  return (
    (filter.service === undefined || filter.service === subject.service) &&
    (filter.operation === undefined || filter.operation === subject.operation) &&
    (filter.outcome === undefined || filter.outcome === subject.outcome)
  );
}
