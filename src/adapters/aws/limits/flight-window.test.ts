import { describe, expect, it } from "vitest";
import { FlightWindow } from "./flight-window.js";

describe("a flight window", () => {
  it("follows the latency, so that 1,000 calls a second are reached at 100 ms and at 200 ms", () => {
    for (const latencyMs of [100, 200]) {
      const window = new FlightWindow();
      for (let call = 0; call < 500; call++) window.note(latencyMs * (0.9 + (call % 5) * 0.05), call);
      expect((window.size(1000) / latencyMs) * 1000).toBeGreaterThan(1000);
      expect(window.size(1000)).toBeLessThan(2 * latencyMs);
    }
  });

  it("asks for no more where calls only wait for each other", () => {
    const window = new FlightWindow();
    window.note(4, 0);
    for (let call = 0; call < 500; call++) window.note(400, call);
    expect(window.size(1000)).toBe(64);
  });

  it("learns that the way has become longer", () => {
    const window = new FlightWindow();
    for (let call = 0; call < 100; call++) window.note(5, call);
    expect(window.size(1000)).toBe(64);
    for (let call = 0; call < 400; call++) window.note(150, 30_000 + call * 200);
    expect(window.size(1000)).toBeGreaterThan(150);
  });

  it("is small where the rate is", () => {
    const window = new FlightWindow();
    for (let call = 0; call < 100; call++) window.note(200, call);
    expect(window.size(100)).toBe(64);
  });
});
