import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ObjectLock } from "../../ports/index.js";
import { generationOf, lockEndMs, protectedUntilMs } from "./generations.js";
import type { ImmutabilityRules } from "../format/immutability-rules.js";
import { decideByNotes, decideByStore } from "./lock-decision.js";

const dayMs = 86_400_000;

const rulesArbitrary = fc.record({
  mode: fc.constantFrom("GOVERNANCE" as const, "COMPLIANCE" as const),
  periodDays: fc.integer({ min: 1, max: 400 }),
  generationDays: fc.integer({ min: 1, max: 90 }),
});
const timeArbitrary = fc.integer({ min: 0, max: 4_000 * dayMs });

/** A history: at each time some stream commits a point that reaches the objects 0 to n, one of them new. */
const historyArbitrary = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 25 * dayMs }), stream: fc.integer({ min: 0, max: 2 }), reaches: fc.integer({ min: 1, max: 8 }) }), { minLength: 1, maxLength: 40 });

describe("the end of a lock", () => {
  it("lasts for the period of every point of its generation, and never for longer than a generation beyond", () => {
    fc.assert(
      fc.property(rulesArbitrary, timeArbitrary, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (rules, putMs, share) => {
        const endOfGenerationMs = (generationOf(rules, putMs) + 1) * rules.generationDays * dayMs;
        const pointMs = putMs + Math.floor(share * (endOfGenerationMs - putMs));
        const end = lockEndMs(rules, putMs);
        expect(end).toBeGreaterThanOrEqual(protectedUntilMs(rules, pointMs));
        expect(end - putMs).toBeLessThanOrEqual((rules.generationDays + rules.periodDays) * dayMs);
        expect(end % 1_000).toBe(0);
      }),
    );
  });

  it("is a time that was worked out by hand", () => {
    const rules: ImmutabilityRules = { mode: "COMPLIANCE", periodDays: 30, generationDays: 10 };
    // 2026-01-01 is day 20454 since 1970: generation 2045, days 20450 to 20459; it ends on day 20460, 2026-01-07
    expect(generationOf(rules, Date.parse("2026-01-01T12:00:00Z"))).toBe(2045);
    expect(new Date(lockEndMs(rules, Date.parse("2026-01-01T12:00:00Z"))).toISOString()).toBe("2026-02-06T00:00:00.000Z");
    expect(new Date(protectedUntilMs(rules, Date.parse("2026-01-01T12:00:00Z"))).toISOString()).toBe("2026-01-31T12:00:00.000Z");
  });
});

describe("the decision about a lock", () => {
  it("never shortens one, never weakens its mode, and leaves the object locked for as long as the point needs it", () => {
    fc.assert(
      fc.property(rulesArbitrary, timeArbitrary, fc.option(fc.record({ mode: fc.constantFrom("GOVERNANCE" as const, "COMPLIANCE" as const), untilMs: timeArbitrary }), { nil: undefined }), (rules, pointMs, before) => {
        const found: ObjectLock | undefined = before === undefined ? undefined : { mode: before.mode, until: new Date(before.untilMs) };
        const decision = decideByStore(rules, pointMs, found);
        if (decision.action === "look") throw new Error("the store's word is the last");
        const after: ObjectLock = decision.action === "extend" ? decision.lock : { mode: found?.mode ?? rules.mode, until: new Date(decision.lockedUntilMs) };
        expect(after.until.getTime()).toBeGreaterThanOrEqual(Math.max(protectedUntilMs(rules, pointMs), before?.untilMs ?? 0));
        expect(after.until.getTime()).toBeLessThanOrEqual(Math.max(lockEndMs(rules, pointMs), before?.untilMs ?? 0));
        if (rules.mode === "COMPLIANCE" || before?.mode === "COMPLIANCE") expect(after.mode).toBe("COMPLIANCE");
      }),
    );
  });

  it("extends each object at most once in a generation, over any history of streams that share objects and whose notes lag behind", () => {
    fc.assert(
      fc.property(rulesArbitrary, historyArbitrary, (rules, history) => {
        const locks = new Map<number, number>();
        const notes = new Map<string, number>();
        const extensions = new Map<string, number>();
        let nowMs = 1_000 * dayMs;
        for (const { afterMs, stream, reaches } of history) {
          nowMs += afterMs;
          for (let object = 0; object < reaches; object++) {
            const note = `${String(stream)}/${String(object)}`;
            if (!locks.has(object)) {
              locks.set(object, lockEndMs(rules, nowMs));
              notes.set(note, lockEndMs(rules, nowMs));
            }
            if (decideByNotes(rules, nowMs, notes.get(note) ?? 0).action === "keep") continue;
            const found = { mode: rules.mode, until: new Date(locks.get(object) ?? 0) };
            const decision = decideByStore(rules, nowMs, found);
            if (decision.action === "extend") {
              locks.set(object, decision.lock.until.getTime());
              const key = `${String(object)} in ${String(generationOf(rules, nowMs))}`;
              extensions.set(key, (extensions.get(key) ?? 0) + 1);
            }
            notes.set(note, locks.get(object) ?? 0);
          }
          for (let object = 0; object < reaches; object++) expect(locks.get(object)).toBeGreaterThanOrEqual(protectedUntilMs(rules, nowMs));
        }
        expect(Math.max(0, ...extensions.values())).toBeLessThanOrEqual(1);
      }),
    );
  });
});
