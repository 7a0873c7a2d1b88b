import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../testing/index.js";
import { RateLimiter } from "./rate-limiter.js";

/** Takes from a limiter without end, and counts what it lets through. */
async function takenIn(limiter: RateLimiter, clock: FakeClock, ms: number): Promise<number> {
  let count = 0;
  const controller = new AbortController();
  // hundreds listen to it on purpose, as to the engine's own signals
  setMaxListeners(0, controller.signal);
  const takers = Array.from({ length: 400 }, async () => {
    for (;;) {
      await limiter.take(controller.signal);
      count += 1;
      await clock.sleep(1, controller.signal);
    }
  });
  const over = Promise.allSettled(takers);
  await clock.advance(ms);
  const counted = count;
  controller.abort();
  await over;
  return counted;
}

describe("a rate limiter", () => {
  it("lets everything through until it is throttled", async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    for (let call = 0; call < 1_000; call++) await limiter.take();
    expect(limiter.ratePerSecond).toBe(Number.POSITIVE_INFINITY);
    expect(clock.monotonicMs()).toBe(0);
  });

  it("falls below the rate that was throttled, once for one burst, and rises again", async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    for (let call = 0; call < 500; call++) await limiter.take();
    for (let call = 0; call < 500; call++) limiter.throttled(0);
    expect(limiter.ratePerSecond).toBeCloseTo(350);
    const first = await takenIn(limiter, clock, 1_000);
    expect(first).toBeGreaterThan(330);
    expect(first).toBeLessThan(420);
    const second = await takenIn(limiter, clock, 1_000);
    expect(second).toBeGreaterThan(first);
    await takenIn(limiter, clock, 2_000);
    expect(limiter.ratePerSecond).toBeGreaterThan(500);
  });

  it("falls on while it is throttled, and never to nothing", async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    for (let call = 0; call < 500; call++) await limiter.take();
    for (let time = 0; time < 40; time++) {
      await clock.advance(300);
      limiter.throttled(clock.monotonicMs());
    }
    expect(limiter.ratePerSecond).toBe(5);
    expect(await takenIn(limiter, clock, 2_000)).toBeGreaterThanOrEqual(10);
  });

  it("holds back those in line by the rate of the moment, in their order", async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    await limiter.take();
    limiter.throttled(0);
    const order: number[] = [];
    const taken = Promise.all([1, 2, 3].map(async (place) => {
      await limiter.take();
      order.push(place);
    }));
    await clock.advance(450);
    expect(order).toEqual([1, 2]);
    await clock.advance(450);
    await taken;
    expect(order).toEqual([1, 2, 3]);
  });

  it("lets whoever gives up out of the line", async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    limiter.throttled(0);
    const controller = new AbortController();
    const reason = new Error("enough");
    const first = limiter.take(controller.signal);
    const second = limiter.take();
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    await clock.advance(250);
    await second;
  });
});
