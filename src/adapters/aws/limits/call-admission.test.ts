import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { Logger } from "../../../ports/index.js";
import { FakeClock, SeededRandom } from "../../../testing/index.js";
import { AwsCalls, type AwsCall } from "../aws-calls.js";
import { sharedAccountRates } from "./account-rates.js";
import { resolveAwsLimits, type AwsLimits } from "./aws-limits.js";

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const read = (resource: string, flow?: string): AwsCall => ({ service: "ebs", operation: "GetSnapshotBlock", region: "eu-west-1", resource, flow, bodyBytes: 524_288 });

function callsWith(limits: AwsLimits, clock = new FakeClock()): AwsCalls {
  return new AwsCalls({ clock, random: new SeededRandom(1), logger: silent, limits: resolveAwsLimits({ baseDelayMs: 0, maxDelayMs: 0, ...limits }), refreshCredentials: async () => undefined });
}

function throttling(name: string): Error {
  return Object.assign(new Error(name), { name, $fault: "client", $metadata: { httpStatusCode: 400 } });
}

/** A signal that hundreds listen to on purpose, as to the engine's own. */
function stopper(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Calls without end, `atOnce` of them at a time, and counts what was done for each flow. */
function keepCalling(calls: AwsCalls, clock: FakeClock, call: AwsCall, atOnce: number, done: { count: number }, signal: AbortSignal, latencyMs = 1): Promise<unknown> {
  return Promise.allSettled(Array.from({ length: atOnce }, async () => {
    for (;;) {
      await calls.run({ ...call, signal }, () => clock.sleep(latencyMs, signal));
      done.count += 1;
    }
  }));
}

describe("the limits of an account", () => {
  it("are found for the account and for a snapshot apart", async () => {
    const calls = callsWith({}, new FakeClock({ jumpsToSleepers: true }));
    const meet = async (call: AwsCall, error: Error): Promise<void> => {
      let met = false;
      await calls.run(call, () => (met ? Promise.resolve() : ((met = true), Promise.reject(error))));
    };
    await meet(read("snap-a"), throttling("RequestThrottledException"));
    expect(calls.ratePerSecond(read("snap-a"))).toBe(Number.POSITIVE_INFINITY);
    expect(calls.window(read("snap-a"))).toBe(64);
    await meet(read("snap-a"), throttling("ThrottlingException"));
    expect(calls.ratePerSecond(read("snap-b"))).toBeLessThan(100);
  });

  it("are shared by all who call the account in this process, and by nobody else", async () => {
    const clock = new FakeClock({ jumpsToSleepers: true });
    const [one, two, other] = [callsWith({}, clock), callsWith({}, clock), callsWith({}, clock)];
    one.shareRates(sharedAccountRates(clock, "111111111111"));
    two.shareRates(sharedAccountRates(clock, "111111111111"));
    other.shareRates(sharedAccountRates(clock, "222222222222"));
    let met = false;
    await one.run(read("snap-a"), () => (met ? Promise.resolve() : ((met = true), Promise.reject(throttling("ThrottlingException")))));
    expect(two.ratePerSecond(read("snap-b"))).toBeLessThan(100);
    expect(other.ratePerSecond(read("snap-b"))).toBe(Number.POSITIVE_INFINITY);
  });

  it("give a small session the share of a big one", async () => {
    const clock = new FakeClock();
    const calls = callsWith({ maxRequestsPerSecond: 100 }, clock);
    const stop = stopper();
    const [big, small] = [{ count: 0 }, { count: 0 }];
    const running = [
      keepCalling(calls, clock, read("snap-a", "big"), 100, big, stop.signal),
      keepCalling(calls, clock, read("snap-b", "big"), 100, big, stop.signal),
      keepCalling(calls, clock, read("snap-c", "small"), 4, small, stop.signal),
    ];
    await clock.advance(4_000);
    stop.abort(new Error("enough"));
    await Promise.all(running);
    expect(big.count + small.count).toBeGreaterThan(380);
    expect(big.count + small.count).toBeLessThan(415);
    expect(small.count).toBeGreaterThan(150);
  });

  it("keep to a cap of bytes a second, blocks and objects together", async () => {
    const clock = new FakeClock();
    const calls = callsWith({ maxBytesPerSecond: 10 * 524_288 }, clock);
    const stop = stopper();
    const done = { count: 0 };
    const running = keepCalling(calls, clock, read("snap-a"), 20, done, stop.signal);
    await clock.advance(3_000);
    expect(done.count).toBeGreaterThan(25);
    expect(done.count).toBeLessThan(33);
    calls.charge({ service: "s3", region: "eu-west-1" }, 20 * 524_288);
    const before = done.count;
    await clock.advance(1_500);
    expect(done.count - before).toBeLessThanOrEqual(1);
    stop.abort(new Error("enough"));
    await running;
  });

  it("keep to a cap of requests in flight", async () => {
    const clock = new FakeClock();
    const calls = callsWith({ maxRequestsInFlight: 3 }, clock);
    let [inFlight, most] = [0, 0];
    const work = Array.from({ length: 12 }, async () => {
      await calls.run(read("snap-a"), async () => {
        most = Math.max(most, ++inFlight);
        await clock.sleep(10);
        inFlight--;
      });
    });
    await clock.advance(100);
    await Promise.all(work);
    expect(most).toBe(3);
    expect(calls.window(read("snap-a"))).toBe(3);
  });

  it("let 1,000 reads a second through at 100 ms, by as many in flight as that needs", async () => {
    const clock = new FakeClock();
    const calls = callsWith({}, clock);
    let [inFlight, done] = [0, 0];
    const stop = stopper();
    const pump = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        if (inFlight < calls.window(read("snap-a"))) {
          inFlight++;
          void calls.run(read("snap-a"), () => clock.sleep(100)).then(() => {
            inFlight--;
            done++;
          });
        } else await clock.sleep(1);
      }
    };
    const pumping = pump();
    await clock.advance(1_000);
    const before = done;
    await clock.advance(1_000);
    expect(done - before).toBeGreaterThanOrEqual(1_000);
    stop.abort();
    await clock.advance(200);
    await pumping;
  });

  it("are wrong options where they are no numbers", () => {
    for (const limits of [{ maxBytesPerSecond: 0 }, { maxRequestsPerSecond: 1.5 }, { maxRequestsInFlight: Number.NaN }, { maxAttempts: Number.POSITIVE_INFINITY }]) {
      expect(() => resolveAwsLimits(limits)).toThrow(/^limits\.max\w+: must be /);
    }
  });
});
