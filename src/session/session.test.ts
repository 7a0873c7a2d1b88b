import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { systemRandom } from "../system/index.js";
import { ProgressMeter, Session, type EventOf, type Progress, type RunningSession } from "./index.js";

type Event = EventOf<{
  "work:begun": { readonly name: string };
  "work:progress": { readonly done: number };
  "work:ended": object;
}>;

const environment = { clock: new ManualClock(), random: systemRandom };

function start<Result>(work: (session: RunningSession<Event>) => Promise<Result>): Session<Result, Event> {
  return Session.start<Result, Event>("a test", environment, work);
}

async function typesOf(session: AsyncIterable<Event>): Promise<string[]> {
  const types: string[] = [];
  for await (const event of session) types.push(event.type);
  return types;
}

describe("a session", () => {
  it("gives its events to everybody who iterates, from the first on, and its result to who awaits it", async () => {
    const session = start(async ({ emit }) => {
      emit({ type: "work:begun", name: "one" });
      await Promise.resolve();
      emit({ type: "work:ended" });
      return 42;
    });
    const early = typesOf(session);
    expect(await session).toBe(42);
    expect(await early).toEqual(["work:begun", "work:ended"]);
    expect(await typesOf(session)).toEqual(["work:begun", "work:ended"]);
    expect(session.state).toBe("succeeded");
  });

  it("gives a type to narrow by, and the time", async () => {
    const session = start(async ({ emit }) => emit({ type: "work:begun", name: "one" }));
    for await (const event of session) if (event.type === "work:begun") expect([event.name, event.at]).toEqual(["one", environment.clock.now()]);
  });

  it("raises the failure after the last event, and to who awaits it", async () => {
    const session = start(async ({ emit }) => {
      emit({ type: "work:begun", name: "one" });
      throw new Error("broken");
    });
    const seen: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const event of session) seen.push(event.type);
    };
    await expect(iterate()).rejects.toThrow("broken");
    expect(seen).toEqual(["work:begun"]);
    await expect(session).rejects.toThrow("broken");
    expect(session.state).toBe("failed");
  });

  it("is an unhandled rejection only where nobody listens", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", listener);
    try {
      const heard = start(() => Promise.reject(new Error("heard")));
      const iterated = typesOf(heard).catch(() => "raised");
      start(() => Promise.reject(new Error("unheard")));
      expect(await iterated).toBe("raised");
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([new Error("unheard")]);
    } finally {
      process.off("unhandledRejection", listener);
      for (const other of others) process.on("unhandledRejection", other);
    }
  });

  it("drops old progress where nobody listens, and nothing else", async () => {
    const session = start(async ({ emit }) => {
      emit({ type: "work:begun", name: "one" });
      for (let done = 0; done < 100_000; done++) emit({ type: "work:progress", done });
      emit({ type: "work:ended" });
    });
    await session;
    const types: string[] = [];
    let last = -1;
    for await (const event of session) {
      types.push(event.type);
      if (event.type !== "work:progress") continue;
      expect(event.done).toBeGreaterThan(last);
      last = event.done;
    }
    expect(last).toBe(99_999);
    expect([types[0], types.at(-1)]).toEqual(["work:begun", "work:ended"]);
    expect(types.length).toBeLessThan(600);
  });

  it("may be left by a listener in the middle, and goes on for the others", async () => {
    const session = start(async ({ emit }) => {
      for (let done = 0; done < 10; done++) {
        emit({ type: "work:progress", done });
        await Promise.resolve();
      }
      return "done";
    });
    const all = typesOf(session);
    for await (const event of session) if (event.type === "work:progress" && event.done === 3) break;
    expect(await session).toBe("done");
    expect(await all).toHaveLength(10);
  });

  it("prints in a few lines", async () => {
    const session = start(async ({ emit }) => emit({ type: "work:begun", name: "one" }));
    await session;
    expect(inspect(session)).toBe(`Session ${session.id}\n  a test, succeeded, started 2026-11-24T02:00:00.000Z\n  last event work:begun, 2026-11-24T02:00:00.000Z`);
  });
});

describe("a progress meter", () => {
  it("reports a few times a second, with the rate, whatever the number of blocks", () => {
    const clock = new ManualClock();
    const reports: Progress[] = [];
    const meter = new ProgressMeter(clock, (progress) => reports.push(progress), { blocks: 1_000, bytes: 100_000 });
    for (let block = 0; block < 1_000; block++) {
      clock.advance(1);
      meter.add(100);
    }
    meter.finish();
    expect(reports.map(({ blocks }) => blocks)).toEqual([250, 500, 750, 1_000, 1_000]);
    expect(reports[1]).toEqual({ blocks: 500, bytes: 50_000, totalBlocks: 1_000, totalBytes: 100_000, fraction: 0.5, bytesPerSecond: 100_000, remainingMs: 500 });
  });

  it("says what the provider refused, where that is known", () => {
    const clock = new ManualClock();
    const reports: Progress[] = [];
    const meter = new ProgressMeter(clock, (progress) => reports.push(progress), undefined, () => ({ throttled: 3, retried: 1 }));
    meter.add(1_000, 0.5);
    meter.finish();
    expect(reports).toMatchObject([{ throttled: 3, retried: 1 }]);
  });

  it("forgets how fast it was long ago", () => {
    const clock = new ManualClock();
    const reports: Progress[] = [];
    const meter = new ProgressMeter(clock, (progress) => reports.push(progress));
    meter.add(1_000_000, 0.1);
    for (let second = 0; second < 20; second++) {
      clock.advance(1_000);
      meter.add(500, 0.2);
    }
    expect(reports.at(-1)).toMatchObject({ bytesPerSecond: 500, fraction: 0.2 });
  });
});
