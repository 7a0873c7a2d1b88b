import { describe, expect, it } from "vitest";
import { expectNoticed, flipped, smallWorld } from "../support/damage-world.js";

describe("every byte of every object", () => {
  it.each(["holdfast.json", "keys/", "packs/", "meta/", "log/", "groups/", "idx/"])("of %s, flipped in turn, is named by verification and never restored", async (kind) => {
    const world = await smallWorld();
    let flips = 0;
    for (const [name, bytes] of [...world.store.objects]) {
      if (!name.startsWith(kind)) continue;
      for (let position = 0; position < bytes.length; position++, flips++) await expectNoticed(world, name, flipped(bytes, position), `byte ${String(position)}`);
    }
    expect(flips).toBeGreaterThan(200);
    expect(await world.repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, findings: [] });
  });
});
