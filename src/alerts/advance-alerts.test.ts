import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advanceAlerts, afterTelling, pendingTellings, type PendingTelling } from "./advance-alerts.js";
import type { Observation, TrackedAlert } from "./alert.js";

const conditions = ["run-failed", "run-partial", "point-too-old"] as const;
const subjects = ["a", "b", "c"];

/** What one look sees: for some of the conditions, which subjects are in trouble. */
const look = fc.record({
  seen: fc.array(fc.tuple(fc.constantFrom(...conditions), fc.subarray(subjects)), { maxLength: 3 }).map((entries) => [...new Map(entries)]),
  /** Which of the two destinations can be reached then. */
  reachable: fc.subarray(["mail", "pager"]),
});

describe("alerts", () => {
  it("are raised once and resolved once for each stretch of trouble, and told so to whoever can be reached, whatever the sequence", () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
        let alerts: readonly TrackedAlert[] = [];
        let ids = 0;
        const told: PendingTelling[] = [];
        /** By condition and subject: an independent account of stretches, as [begun, ended]. */
        const stretches = new Map<string, [number, number]>();
        const inTrouble = new Set<string>();
        for (const [index, { seen, reachable }] of looks.entries()) {
          for (const [condition, present] of seen) {
            for (const subject of subjects) {
              const key = `${condition} ${subject}`;
              const [begun, ended] = stretches.get(key) ?? [0, 0];
              if (present.includes(subject) && !inTrouble.has(key)) stretches.set(key, [begun + 1, ended]);
              if (!present.includes(subject) && inTrouble.has(key)) stretches.set(key, [begun, ended + 1]);
              if (present.includes(subject)) inTrouble.add(key);
              else inTrouble.delete(key);
            }
          }
          const observations: Observation[] = seen.map(([condition, present]) => ({ condition, present: present.map((subject) => ({ subject, severity: "error", text: "trouble" })) }));
          // between two processes the state is JSON
          const before = JSON.parse(JSON.stringify(alerts)) as TrackedAlert[];
          const { alerts: advanced } = advanceAlerts(before, observations, { policy: "gold", now: new Date(index * 1_000), newId: () => String(++ids) });
          const arrived = pendingTellings(advanced, ["mail", "pager"]).filter(({ destination }) => reachable.includes(destination));
          told.push(...arrived);
          alerts = afterTelling(advanced, arrived, ["mail", "pager"]);
          expect(new Set(alerts.filter(({ endedAt }) => endedAt === undefined).map(({ condition, subject }) => `${condition} ${subject}`))).toEqual(inTrouble);
        }
        expect(ids).toBe([...stretches.values()].reduce((sum, [begun]) => sum + begun, 0));
        for (const destination of ["mail", "pager"]) {
          const heard = told.filter((telling) => telling.destination === destination);
          const raised = heard.filter(({ what }) => what === "raised").map(({ alert }) => alert.id);
          const resolved = heard.filter(({ what }) => what === "resolved").map(({ alert }) => alert.id);
          expect(new Set(raised).size).toBe(raised.length);
          expect(new Set(resolved).size).toBe(resolved.length);
          // nobody hears of an end without a beginning, and who can always be reached hears of all of it
          for (const id of resolved) expect(raised).toContain(id);
          if (looks.every(({ reachable }) => reachable.includes(destination))) {
            expect(raised).toHaveLength(ids);
            expect(resolved).toHaveLength([...stretches.values()].reduce((sum, [, ended]) => sum + ended, 0));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("that are over and known to all who knew of them are forgotten", () => {
    const context = { policy: "gold", now: new Date(0), newId: () => "1" };
    const trouble: Observation = { condition: "run-failed", present: [{ subject: "gold", severity: "error", text: "trouble" }] };
    const raised = advanceAlerts([], [trouble], context).alerts;
    const ended = advanceAlerts(raised, [{ condition: "run-failed", present: [] }], context).alerts;
    expect(afterTelling(ended, [], ["mail"])).toEqual([]);
  });
});
