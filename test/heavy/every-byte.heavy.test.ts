import { describe, expect, it } from "vitest";
import { expectNoticed, flipped, smallWorld } from "../support/damage-world.js";

describe("every byte of every object", () => {
  it("flipped in turn, is named by verification and never restored", async () => {
    const world = await smallWorld();
    let flips = 0;
    for (const [name, bytes] of [...world.store.objects]) {
      for (let position = 0; position < bytes.length; position++, flips++) await expectNoticed(world, name, flipped(bytes, position), `byte ${String(position)}`);
    }
    expect(flips).toBeGreaterThan(5_000);
    expect(await world.repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, findings: [] });
  });
});
