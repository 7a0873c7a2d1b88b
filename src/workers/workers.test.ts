import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { systemClock } from "../system/index.js";
import { Slots, WorkerPool } from "./index.js";

describe("a worker pool", () => {
  it("prints in a line", () => {
    expect(inspect(WorkerPool.inProcess({ maxParallelVolumes: 3 }))).toBe("WorkerPool in this process, 3 volumes at a time");
  });

  it("refuses options that cannot hold", () => {
    expect(() => WorkerPool.inProcess({ maxParallelVolumes: 0 })).toThrow("maxParallelVolumes: must be a whole number from 1 to 64. It is 0.");
    expect(() => WorkerPool.inProcess({ memoryBytes: 2 ** 20 })).toThrow(/memoryBytes: must be at least 301989888 for 2 parallel volumes/);
    expect(() => WorkerPool.inProcess(JSON.parse('{ "lanes": 2 }') as object)).toThrow(/lanes: is no option of workers in this process/);
  });

  it("takes back what was begun of a restore that is aborted before its turn in this process comes", async () => {
    const reason = new Error("enough");
    const left: string[] = [];
    let isAborted = false;
    const writer = { target: "disk.img", write: async () => undefined, complete: async () => undefined, abort: async () => void (isAborted = true) };
    const context = { map: {} as never, writer, clock: systemClock, signal: AbortSignal.abort(reason), onLeftBehind: (target: string) => left.push(target) };
    await expect(WorkerPool.inProcess({ threads: 0 }).restoreBlocks(context)).rejects.toBe(reason);
    expect([isAborted, left]).toEqual([true, []]);
    writer.abort = async () => await Promise.reject(new Error("it stays"));
    await expect(WorkerPool.inProcess({ threads: 0 }).restoreBlocks(context)).rejects.toBe(reason);
    expect(left).toEqual(["disk.img"]);
  });
});

describe("slots", () => {
  it("let in as many as there are places, in the order of coming", async () => {
    const slots = new Slots(2);
    const entered: number[] = [];
    const ends: (() => void)[] = [];
    const all = [0, 1, 2, 3].map((number) =>
      slots.run(async () => {
        entered.push(number);
        await new Promise<void>((resolve) => ends.push(resolve));
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(entered).toEqual([0, 1]);
    ends[1]?.();
    await all[1];
    await new Promise((resolve) => setImmediate(resolve));
    expect(entered).toEqual([0, 1, 2]);
    ends[0]?.();
    ends[2]?.();
    await all[2];
    await new Promise((resolve) => setImmediate(resolve));
    ends[3]?.();
    await Promise.all(all);
    expect(entered).toEqual([0, 1, 2, 3]);
  });

  it("lose no place to who gives up in the line, or in the moment of entering", async () => {
    const slots = new Slots(1);
    let release = (): void => undefined;
    const first = slots.run(() => new Promise<void>((resolve) => (release = resolve)));
    const [early, late] = [new AbortController(), new AbortController()];
    const inLine = slots.run(() => Promise.resolve("never"), early.signal);
    const entering = slots.run(() => Promise.resolve("perhaps"), late.signal);
    early.abort(new Error("early"));
    await expect(inLine).rejects.toThrow("early");
    release();
    await first;
    late.abort(new Error("late"));
    await Promise.allSettled([entering]);
    expect(await slots.run(() => Promise.resolve("free"))).toBe("free");
  });
});
