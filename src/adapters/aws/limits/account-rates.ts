import type { Clock } from "../../../ports/index.js";
import { FlightGate } from "./flight-gate.js";
import { FlightWindow } from "./flight-window.js";
import { RateLimiter } from "./rate-limiter.js";

/** What EBS direct allows for one snapshot, fixed, and for an account at the least (EBS user guide, "Quotas for EBS direct APIs"). */
export const blocksPerSecond = 1000;
/** Data is never asked for more slowly than this: EBS direct and S3 allow far more to every account; what others use up is left to the waits between attempts. */
const minDataPerSecond = 50;
/** Snapshots whose own rates are remembered. */
const maxResources = 256;

/** A kind of call, of one resource or of all. */
export interface RateKey {
  readonly service: string;
  readonly region: string;
  readonly rateClass: string;
  readonly resource?: string | undefined;
}

/**
 * What AWS allows one account, as it is found out by being throttled: rates for each region and kind of call, and for each snapshot; how many
 * calls at once; and how long they take. One for all who call the account from this process.
 */
export class AccountRates {
  readonly #clock: Clock;
  readonly #limiters = new Map<string, RateLimiter>();
  readonly #ofResources = new Map<string, RateLimiter>();
  readonly #gates = new Map<string, FlightGate>();
  readonly #windows = new Map<string, FlightWindow>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The rate of all calls of a kind in a region. */
  ofAccount(key: RateKey): RateLimiter {
    return getOrMake(this.#limiters, nameOf(key), () => this.#limiter(key));
  }

  /** The rate of the calls of a kind for one resource: EBS counts each snapshot by itself. */
  ofResource(key: RateKey & { readonly resource: string }): RateLimiter {
    const name = `${nameOf(key)}/${key.resource}`;
    const limiter = getOrMake(this.#ofResources, name, () => this.#limiter(key));
    if (this.#ofResources.size <= maxResources) return limiter;
    for (const [other, { waiting }] of this.#ofResources) {
      if (waiting > 0 || other === name) continue;
      this.#ofResources.delete(other);
      break;
    }
    return limiter;
  }

  gate(key: RateKey): FlightGate {
    return getOrMake(this.#gates, nameOf(key), () => new FlightGate());
  }

  latency(key: RateKey): FlightWindow {
    return getOrMake(this.#windows, nameOf(key), () => new FlightWindow());
  }

  #limiter({ service, rateClass }: RateKey): RateLimiter {
    const isData = service === "s3" || rateClass.endsWith("SnapshotBlock");
    return new RateLimiter(this.#clock, isData ? { minPerSecond: minDataPerSecond } : {});
  }
}

const shared = new WeakMap<Clock, Map<string, AccountRates>>();

/** The rates of an account for all in this process who go by the same clock. */
export function sharedAccountRates(clock: Clock, account: string): AccountRates {
  let accounts = shared.get(clock);
  if (accounts === undefined) {
    accounts = new Map();
    shared.set(clock, accounts);
  }
  return getOrMake(accounts, account, () => new AccountRates(clock));
}

function nameOf({ service, region, rateClass }: RateKey): string {
  return `${region}/${service}/${rateClass}`;
}

function getOrMake<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
