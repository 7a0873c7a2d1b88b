import { getEventListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { withOwnSignal } from "./with-own-signal.js";

/** Node warns of one more listener than this. */
const unwarned = 10;

describe("options with a signal of their own", () => {
  it("may be listened to by many at once without a warning, and leave the caller's signal alone", async () => {
    const warnings: string[] = [];
    const hear = ({ name }: Error): unknown => warnings.push(name);
    process.on("warning", hear);
    try {
      const { signal } = new AbortController();
      const own = withOwnSignal({ signal }).signal;
      for (let listener = 0; listener < 2 * unwarned; listener++) own.addEventListener("abort", () => undefined, { once: true });
      await setImmediate();
      expect(warnings).toEqual([]);
      expect(getEventListeners(signal, "abort")).toEqual([]);
    } finally {
      process.off("warning", hear);
    }
  });

  it("abort with the caller's reason, and keep what else is said", () => {
    const controller = new AbortController();
    const own = withOwnSignal({ signal: controller.signal, dryRun: true });
    const reason = new Error("enough");
    controller.abort(reason);
    expect([own.dryRun, own.signal.aborted, own.signal.reason]).toEqual([true, true, reason]);
  });

  it("are left as they are where there is no signal, or what is no signal: whoever checks them says so", () => {
    for (const given of [{}, { signal: "soon" }, undefined, 7] as never[]) expect(withOwnSignal(given)).toBe(given);
  });
});
