import { describe, expect, it } from "vitest";
import { Repository } from "../../src/index.js";
import { expectNoticed, flipped, reopen, smallWorld } from "../support/damage-world.js";

/** Every n-th byte here; every byte has its turn in test/heavy. */
const step = 307;

describe("a byte that is another", () => {
  it("is named by verification and never restored, whatever object it lies in", async () => {
    const world = await smallWorld();
    const names = [...world.store.objects.keys()];
    for (const kind of ["holdfast.json", "keys/", "packs/", "meta/", "log/", "groups/", "idx/"]) expect(names.some((name) => name.startsWith(kind)), kind).toBe(true);
    let flips = 0;
    for (const name of names) {
      const bytes = world.store.objects.get(name)!;
      for (let position = flips++ % step; position < bytes.length; position += step) await expectNoticed(world, name, flipped(bytes, position), `byte ${String(position)}`);
    }
    expect(await world.repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, findings: [] });
  });

  it("keeps a repository closed rather than open it wrongly, where it lies in what opens it", async () => {
    const world = await smallWorld();
    for (const name of [...world.store.objects.keys()].filter((candidate) => /^(holdfast\.json|keys\/)/.test(candidate))) {
      const bytes = world.store.objects.get(name)!;
      for (let position = 0; position < bytes.length; position += 11) {
        world.store.objects.set(name, flipped(bytes, position));
        const opened = await reopen(world).catch((error: unknown) => error);
        if (opened instanceof Repository) {
          // a slot's MAC is for owners to judge it by: the key that it wraps is proven without
          expect(name.startsWith("keys/") && position > bytes.indexOf('"mac"'), `${name} at ${String(position)}`).toBe(true);
          expect((await opened.verify({ level: "metadata", quarantine: false })).findings.map(({ object }) => object)).toContain(name);
        } else {
          expect(opened, `${name} at ${String(position)}`).toMatchObject({ code: expect.stringMatching(/^(NotARepository|Damaged(Configuration|KeySlot)|NewerFormat|WrongKey)$/) as string });
        }
      }
      world.store.objects.set(name, bytes);
    }
  });
});

describe("an object that is cut short, gone, or another's", () => {
  it("is named by verification and never restored", async () => {
    const world = await smallWorld();
    const names = [...world.store.objects.keys()];
    for (const name of names) {
      const bytes = world.store.objects.get(name)!;
      // the line's end of holdfast.json says nothing
      for (const length of [bytes.length - 3, Math.floor(bytes.length / 2)]) await expectNoticed(world, name, bytes.subarray(0, length), `cut to ${String(length)}`);
      // a group that is gone is a point that was never committed, an index run that is gone a cache that is smaller
      if (!/^(groups|idx)\//.test(name)) await expectNoticed(world, name, undefined, "gone");
      const kind = name.slice(0, name.indexOf("/") + 1);
      const other = names.find((candidate) => candidate !== name && kind !== "" && candidate.startsWith(kind));
      if (other !== undefined) await expectNoticed(world, name, world.store.objects.get(other), `in the place of ${other}`);
    }
  });

  it("is noticed where it is an older version of the same object", async () => {
    const world = await smallWorld();
    const older = await smallWorld();
    for (const kind of ["holdfast.json", "log/", "groups/", "packs/", "meta/"]) {
      const name = [...world.store.objects.keys()].find((candidate) => candidate.startsWith(kind))!;
      const replayed = [...older.store.objects].find(([candidate]) => candidate.startsWith(kind))![1];
      await expectNoticed(world, name, replayed, "of another repository");
    }
  });
});
