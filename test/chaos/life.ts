import { ProviderError, type HoldfastError } from "../../src/errors/index.js";
import type { Clock } from "../../src/ports/index.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";

/** How badly things go. Chances are of one call. */
export interface Weather {
  /** A call fails: before it takes effect, or after it did and before its answer. */
  faults: number;
  /** A call takes some seconds. */
  delays: number;
}

/** What will become of a process. */
export interface Fate {
  /** The call at which it dies; whether that call still arrives. */
  readonly diesAtCall?: number | undefined;
  readonly lastCallArrives?: boolean | undefined;
  /** The call at which it stands still for some time, and then goes on as if nothing had been. */
  readonly stallsAtCall?: number | undefined;
  readonly stallMs?: number | undefined;
}

const never = new Promise<never>(() => undefined);
const longestDelayMs = 8_000;

/**
 * One process, as the world sees it: each of its calls goes through `call`, where it may be slow, fail, stand still, or end. From its end on
 * no call of it takes effect or returns, so that nothing of it goes on, as after a `kill -9`.
 */
export class Life {
  readonly name: string;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #weather: Readonly<Weather>;
  readonly #fate: Fate;
  readonly #onEnd: () => void;
  #calls = 0;
  #isOver = false;
  #stallsUntilMs = 0;

  constructor(name: string, world: { readonly clock: Clock; readonly random: SeededRandom; readonly weather: Readonly<Weather> }, fate: Fate = {}, onEnd: () => void = () => undefined) {
    this.name = name;
    this.#clock = world.clock;
    this.#random = world.random;
    this.#weather = world.weather;
    this.#fate = fate;
    this.#onEnd = onEnd;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd();
  }

  /** Returns when the process runs: never, once it is over. */
  async runs(): Promise<void> {
    while (!this.#isOver && this.#clock.monotonicMs() < this.#stallsUntilMs) await this.#clock.sleep(this.#stallsUntilMs - this.#clock.monotonicMs());
    if (this.#isOver) await never;
  }

  async call<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    await this.runs();
    this.#calls++;
    if (this.#calls === this.#fate.diesAtCall) {
      if (this.#fate.lastCallArrives === true) void work().catch(() => undefined);
      this.end();
      await never;
    }
    if (this.#calls === this.#fate.stallsAtCall) this.#stallsUntilMs = this.#clock.monotonicMs() + (this.#fate.stallMs ?? 0);
    await this.runs();
    if (this.#random.fraction() < this.#weather.delays) {
      await this.#clock.sleep(Math.ceil(this.#random.fraction() * longestDelayMs));
      await this.runs();
    }
    const fails = this.#random.fraction() < this.#weather.faults;
    const isReplyLost = fails && this.#random.fraction() < 0.5;
    if (fails && !isReplyLost) throw this.#failure(what);
    try {
      return await work();
    } finally {
      await this.runs();
      // eslint-disable-next-line no-unsafe-finally -- whatever the call gave, nobody hears of it
      if (isReplyLost) throw this.#failure(what);
    }
  }

  #failure(what: string): HoldfastError {
    const code = ["Unreachable", "Throttled", "ProviderFailed"][Math.floor(this.#random.fraction() * 3)] ?? "Unreachable";
    return new ProviderError(`${what} failed, as the test wants it.`, { code, retryable: true, service: "chaos", operation: what });
  }
}

/** The clock of one process: it is the world's, but who is over sleeps for good, and who stands still wakes late. */
export function clockOf(life: Life, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: async (ms, signal) => {
      try {
        await clock.sleep(ms, signal);
      } finally {
        await life.runs();
      }
    },
  };
}

/** These give asynchronous iterables; everything else of a port gives a promise. */
const iterables: ReadonlySet<string> = new Set(["instancesByTags", "volumesByTags", "snapshotsByTags", "interfacesByTags", "blocks", "changesSince", "list"]);

type Method = (...given: readonly unknown[]) => unknown;

/** A port as one process sees it: each call of a method goes through the process's life. */
export function seenBy<Port extends object>(life: Life, port: Port, name: string): Port {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function" || typeof key !== "string") return member;
      const method = (member as Method).bind(target);
      if (!iterables.has(key)) return async (...given: readonly unknown[]) => await life.call(`${name}.${key}`, async () => await method(...given));
      return async function* (...given: readonly unknown[]) {
        yield* await life.call(`${name}.${key}`, async () => {
          const all: unknown[] = [];
          for await (const one of method(...given) as AsyncIterable<unknown>) all.push(one);
          return all;
        });
      };
    },
  });
}
