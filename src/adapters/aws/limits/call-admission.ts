import type { Clock } from "../../../ports/index.js";
import type { AwsFailure } from "../aws-failure.js";
import { AccountRates, blocksPerSecond, type RateKey } from "./account-rates.js";
import type { ResolvedAwsLimits } from "./aws-limits.js";
import { FlightGate } from "./flight-gate.js";
import { RateLimiter } from "./rate-limiter.js";

/** What EBS direct says of one snapshot alone; `ThrottlingException` is of the account (EBS direct API reference, "Errors"). */
const snapshotThrottled = "RequestThrottledException";
const tooManyAtOnce = "ConcurrentLimitExceededException";

/** What the limits of a call are told by. */
export interface LimitedCall {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly resource?: string | undefined;
  readonly rateClass?: string | undefined;
  readonly flow?: string | undefined;
  readonly bodyBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One attempt that may go: what became of it is told. */
export interface Admission {
  succeeded(durationMs: number): void;
  failed(failure: AwsFailure | undefined, startedAtMs: number): void;
}

/** What the user allows in one region. */
interface Caps {
  readonly requests: RateLimiter;
  readonly bytes: RateLimiter;
  readonly gate: FlightGate;
}

/** Lets attempts go, within what AWS is found to allow and what the user does: in this order, so that nothing is taken that then waits for something else for long. */
export class CallAdmission {
  readonly #clock: Clock;
  readonly #limits: ResolvedAwsLimits;
  readonly #caps = new Map<string, Caps>();
  #rates: AccountRates;

  constructor(clock: Clock, limits: ResolvedAwsLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#rates = new AccountRates(clock);
  }

  share(rates: AccountRates): void {
    this.#rates = rates;
  }

  ratePerSecond(call: LimitedCall): number {
    return this.#rates.ofAccount(keyOf(call)).ratePerSecond;
  }

  window(call: LimitedCall): number {
    const key = keyOf(call);
    const ofSnapshot = hasResource(key) ? this.#rates.ofResource(key).ratePerSecond : blocksPerSecond;
    const rate = Math.min(blocksPerSecond, this.#limits.maxRequestsPerSecond, this.#rates.ofAccount(key).ratePerSecond, ofSnapshot);
    return Math.min(this.#limits.maxRequestsInFlight, this.#limits.maxConnections, this.#rates.latency(key).size(rate));
  }

  charge({ service, region }: Pick<LimitedCall, "service" | "region">, bytes: number): void {
    if (isData(service)) this.#capsOf(region).bytes.charge(bytes);
  }

  /** Waits until an attempt may go; rejects with the call's signal's reason. */
  async admit(call: LimitedCall): Promise<Admission> {
    const { signal } = call;
    const key = keyOf(call);
    const flow = call.flow ?? key.resource ?? key.rateClass;
    const rates = this.#rates;
    const ofResource = hasResource(key) ? rates.ofResource(key) : undefined;
    await ofResource?.take(signal, { flow });
    await rates.ofAccount(key).take(signal, { flow });
    const gates = [rates.gate(key)];
    if (isData(call.service)) {
      const caps = this.#capsOf(call.region);
      await caps.requests.take(signal, { flow });
      await caps.bytes.take(signal, { flow, cost: call.bodyBytes ?? 0 });
      gates.push(caps.gate);
    }
    await enterAll(gates, signal, flow);
    const leave = once((wentWell) => {
      for (const gate of gates) gate.leave(wentWell);
    });
    return {
      succeeded: (durationMs) => {
        leave(true);
        if (ofResource !== undefined) rates.latency(key).note(durationMs, this.#clock.monotonicMs());
      },
      failed: (failure, startedAtMs) => {
        if (failure?.code === tooManyAtOnce) rates.gate(key).refused(startedAtMs, this.#clock.monotonicMs());
        else if (failure?.kind === "throttled") (failure.code === snapshotThrottled ? (ofResource ?? rates.ofAccount(key)) : rates.ofAccount(key)).throttled(startedAtMs);
        leave(false);
      },
    };
  }

  #capsOf(region: string): Caps {
    let caps = this.#caps.get(region);
    if (caps === undefined) {
      const { maxRequestsPerSecond, maxBytesPerSecond, maxRequestsInFlight } = this.#limits;
      caps = {
        requests: new RateLimiter(this.#clock, { maxPerSecond: maxRequestsPerSecond }),
        bytes: new RateLimiter(this.#clock, { maxPerSecond: maxBytesPerSecond }),
        gate: new FlightGate(maxRequestsInFlight),
      };
      this.#caps.set(region, caps);
    }
    return caps;
  }
}

async function enterAll(gates: readonly FlightGate[], signal: AbortSignal | undefined, flow: string): Promise<void> {
  const entered: FlightGate[] = [];
  try {
    for (const gate of gates) {
      await gate.enter(signal, flow);
      entered.push(gate);
    }
  } catch (error) {
    for (const gate of entered) gate.leave(false);
    throw error;
  }
}

function once(work: (wentWell: boolean) => void): (wentWell: boolean) => void {
  let isDone = false;
  return (wentWell) => {
    if (!isDone) work(wentWell);
    isDone = true;
  };
}

function isData(service: string): boolean {
  return service === "ebs" || service === "s3";
}

/** Only of blocks EBS counts each snapshot by itself. */
function keyOf({ service, operation, region, rateClass, resource }: LimitedCall): RateKey {
  const isBlock = service === "ebs" && operation.endsWith("SnapshotBlock");
  return { service, region, rateClass: rateClass ?? operation, ...(isBlock && { resource }) };
}

function hasResource(key: RateKey): key is RateKey & { readonly resource: string } {
  return key.resource !== undefined;
}
