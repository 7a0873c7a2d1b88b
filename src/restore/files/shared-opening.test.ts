import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { CallOptions } from "../../ports/index.js";
import { SharedOpening } from "./shared-opening.js";

/** What is opened: by the test, or never. */
class Door {
  isClosed = false;

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** Openings under way, each with how it ends. */
interface Way {
  readonly signal: AbortSignal | undefined;
  readonly resolve: (door: Door) => void;
  readonly reject: (error: Error) => void;
}

function openings(): { readonly shared: SharedOpening<Door>; readonly ways: Way[] } {
  const ways: Way[] = [];
  const shared = new SharedOpening<Door>(
    async ({ signal }: CallOptions) =>
      await new Promise<Door>((resolve, reject) => {
        ways.push({ signal, resolve, reject });
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  );
  return { shared, ways };
}

describe("what is opened once for all who ask", () => {
  it("is opened by the first question, and stays open", async () => {
    const { shared, ways } = openings();
    const questions = [shared.get({}), shared.get({})];
    const door = new Door();
    ways[0]?.resolve(door);
    expect(await Promise.all(questions)).toEqual([door, door]);
    expect(await shared.get({})).toBe(door);
    expect(ways).toHaveLength(1);
    await shared.close();
    expect(door.isClosed).toBe(true);
  });

  it("goes on for others where one who asked gives up, and ends where the last one does; the next question tries again", async () => {
    const { shared, ways } = openings();
    const [one, other] = [new AbortController(), new AbortController()];
    const first = shared.get(one);
    const second = shared.get(other);
    one.abort(new Error("one gave up"));
    await expect(first).rejects.toThrow("one gave up");
    expect(ways[0]?.signal?.aborted).toBe(false);
    other.abort(new Error("the other, too"));
    await expect(second).rejects.toThrow("the other, too");
    expect(ways[0]?.signal?.aborted).toBe(true);
    const third = shared.get({});
    const door = new Door();
    ways[1]?.resolve(door);
    expect(await third).toBe(door);
    await expect(shared.get({ signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
  });

  it("is closed where it opened though nobody waited any more, or it was closed meanwhile", async () => {
    const ways: ((door: Door) => void)[] = [];
    const shared = new SharedOpening<Door>(async () => await new Promise((resolve) => ways.push(resolve)));
    const [given, closed] = [new Door(), new Door()];
    const controller = new AbortController();
    const asked = shared.get({ signal: controller.signal });
    controller.abort(new Error("gave up"));
    await turn();
    ways[0]?.(given);
    await expect(asked).rejects.toThrow("gave up");
    expect(given.isClosed).toBe(true);
    const late = shared.get({});
    const closing = shared.close();
    ways[1]?.(closed);
    await closing;
    expect(closed.isClosed).toBe(true);
    await late;
  });

  it("that failed is tried again by the next question", async () => {
    const { shared, ways } = openings();
    const first = shared.get({});
    ways[0]?.reject(new Error("not today"));
    await expect(first).rejects.toThrow("not today");
    const second = shared.get({});
    ways[1]?.resolve(new Door());
    await second;
    expect(ways).toHaveLength(2);
    await shared.close();
  });
});
