import { describe, expect, it } from "vitest";
import { FlightGate } from "./flight-gate.js";

describe("a flight gate", () => {
  it("lets so many go at once, and flows in turn", async () => {
    const gate = new FlightGate(2);
    await gate.enter(undefined, "big");
    await gate.enter(undefined, "big");
    const order: string[] = [];
    const waiting = ["big", "big", "big", "small"].map(async (flow) => {
      await gate.enter(undefined, flow);
      order.push(flow);
    });
    gate.leave(true);
    gate.leave(true);
    await expect.poll(() => order.length).toBe(2);
    expect([...order].sort()).toEqual(["big", "small"]);
    gate.leave(true);
    gate.leave(true);
    await Promise.all(waiting);
    expect(gate.inFlight).toBe(2);
  });

  it("lowers its limit once for a burst that was too many, and raises it while all goes well", async () => {
    const gate = new FlightGate();
    for (let call = 0; call < 100; call++) await gate.enter(undefined, "a");
    for (let call = 0; call < 100; call++) gate.refused(0, 10);
    expect(gate.limit).toBe(70);
    for (let call = 0; call < 100; call++) gate.leave(false);
    for (let call = 0; call < 70; call++) {
      await gate.enter(undefined, "a");
      gate.leave(true);
    }
    expect(gate.limit).toBe(71);
  });

  it("lets whoever gives up out of the line", async () => {
    const gate = new FlightGate(1);
    await gate.enter(undefined, "a");
    const controller = new AbortController();
    const waiting = gate.enter(controller.signal, "a");
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    gate.leave(true);
    expect(gate.inFlight).toBe(0);
  });
});
