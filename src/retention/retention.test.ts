import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors/index.js";
import { Retention } from "./retention.js";
import type { RetentionOptions } from "./retention-options.js";
import type { RetentionPlan, RetentionPoint } from "./retention-plan.js";

const dayMs = 86_400_000;
const at = (text: string): Date => new Date(text);

function pointsAt(times: readonly string[], resource = "i-a"): RetentionPoint[] {
  return times.map((time) => ({ id: time, resource, createdAt: at(time) }));
}

/** One point a day at 02:00 UTC, from the first date to the last. */
function daily(from: string, to: string): RetentionPoint[] {
  const times: string[] = [];
  for (let ms = Date.parse(`${from}T02:00:00Z`); ms <= Date.parse(`${to}T02:00:00Z`); ms += dayMs) times.push(new Date(ms).toISOString());
  return pointsAt(times);
}

const keptDays = (plan: RetentionPlan): string[] => plan.keep.map(({ createdAt }) => createdAt.slice(0, 10));
const flagsOf = (plan: RetentionPlan): Record<string, string> => Object.fromEntries(plan.keep.map(({ createdAt, flags }) => [createdAt.slice(0, 10), flags.map((flag) => flag[0]?.toUpperCase()).join("")]));

describe("retention", () => {
  it("keeps every daily point for its days, and one that a less frequent flag is on for longer", () => {
    const plan = new Retention({ daily: 3, weekly: { keep: 2, on: "sunday" }, monthly: 2, yearly: 1 }).plan(daily("2025-12-20", "2026-03-10"), { now: at("2026-03-10T03:00:00Z") });
    // 8 March and 1 March 2026 are Sundays; 20 December is the first point of all: of its week, month and year
    expect(flagsOf(plan)).toEqual({ "2025-12-20": "Y", "2026-01-01": "Y", "2026-02-01": "M", "2026-03-01": "WM", "2026-03-08": "DW", "2026-03-09": "D", "2026-03-10": "D" });
  });

  it("takes a flag away when its time is over, to the moment, and then the more frequent rule decides", () => {
    const retention = new Retention({ daily: 3, weekly: 1 });
    const points = daily("2026-03-02", "2026-03-12");
    const monday = (now: string): unknown => [...retention.plan(points, { now: at(now) }).keep, ...retention.plan(points, { now: at(now) }).remove].find(({ createdAt }) => createdAt.startsWith("2026-03-02"));
    expect(monday("2026-03-09T01:59:59Z")).toMatchObject({ action: "keep", flags: ["weekly"], keptUntil: "2026-03-09T02:00:00.000Z" });
    expect(monday("2026-03-09T02:00:00Z")).toMatchObject({
      action: "remove",
      flags: [],
      reasons: [{ rule: "expired", text: "daily: its flag ended 2026-03-05T02:00:00.000Z; weekly: its flag ended 2026-03-09T02:00:00.000Z" }],
    });
  });

  it("puts the flag of a period whose scheduled run failed on the next point that there is", () => {
    const points = daily("2026-03-01", "2026-03-20").filter(({ id }) => !id.startsWith("2026-03-08"));
    const plan = new Retention({ daily: 1, weekly: { keep: 3, on: "sunday" } }).plan(points, { now: at("2026-03-20T03:00:00Z") });
    expect(flagsOf(plan)).toEqual({ "2026-03-01": "W", "2026-03-09": "W", "2026-03-15": "W", "2026-03-20": "D" });
  });

  it.each([
    [{ count: 2 }, ["2026-03-09", "2026-03-10"]],
    [{ age: { days: 3 } }, ["2026-03-08", "2026-03-09", "2026-03-10"]],
    [{ age: { weeks: 1 } }, ["2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07", "2026-03-08", "2026-03-09", "2026-03-10"]],
    [{ count: 1, age: { days: 2 } }, ["2026-03-09", "2026-03-10"]],
  ] satisfies [RetentionOptions, string[]][])("keeps by count and by age: %j", (options, days) => {
    expect(keptDays(new Retention(options).plan(daily("2026-03-01", "2026-03-10"), { now: at("2026-03-10T03:00:00Z") }))).toEqual(days);
  });

  it("counts months and years by the calendar: 31 January is a month old on the last day of February, 29 February a year old on the 28th", () => {
    const months = new Retention({ age: { months: 1 } });
    const isKept = (retention: Retention, createdAt: string, now: string): boolean => retention.plan(pointsAt([createdAt, now]), { now: at(now) }).keep.some(({ id }) => id === createdAt);
    expect([isKept(months, "2026-01-31T02:00:00Z", "2026-02-28T01:59:00Z"), isKept(months, "2026-01-31T02:00:00Z", "2026-02-28T02:00:00Z")]).toEqual([true, false]);
    const years = new Retention({ age: { years: 1 } });
    expect([isKept(years, "2028-02-29T02:00:00Z", "2029-02-28T01:59:00Z"), isKept(years, "2028-02-29T02:00:00Z", "2029-02-28T02:00:00Z")]).toEqual([true, false]);
  });

  it("keeps the first point of each day alone where the daily rule says so, and all of them where it does not", () => {
    const points = pointsAt(["2026-03-09T00:10:00Z", "2026-03-09T12:00:00Z", "2026-03-10T00:10:00Z", "2026-03-10T12:00:00Z"]);
    const now = at("2026-03-10T13:00:00Z");
    expect(new Retention({ daily: 2 }).plan(points, { now }).remove).toEqual([]);
    expect(new Retention({ daily: { keep: 2, points: "first" } }).plan(points, { now }).remove.map(({ id }) => id)).toEqual(["2026-03-09T12:00:00Z"]);
  });

  it("begins days, weeks, months and years in the named zone", () => {
    // 23:30 UTC on 31 December is the new year in Oslo, and the old one in New York
    const points = pointsAt(["2025-12-31T04:00:00Z", "2025-12-31T23:30:00Z", "2026-01-01T12:00:00Z"]);
    const yearly = (timeZone: string): string[] => new Retention({ yearly: 5, timeZone }).plan(points, { now: at("2026-01-02T00:00:00Z") }).keep.filter(({ flags }) => flags.length > 0).map(({ id }) => id);
    expect(yearly("Europe/Oslo")).toEqual(["2025-12-31T04:00:00Z", "2025-12-31T23:30:00Z"]);
    expect(yearly("America/New_York")).toEqual(["2025-12-31T04:00:00Z", "2026-01-01T12:00:00Z"]);
  });

  it("ends a flag at the same time of day, also where the clocks changed between", () => {
    // 29 March 2026: Oslo goes from UTC+1 to UTC+2
    const points = pointsAt(["2026-03-28T01:00:00Z", "2026-03-28T01:30:00Z"]);
    const [first] = new Retention({ daily: 7, timeZone: "Europe/Oslo" }).plan(points, { now: at("2026-03-28T02:00:00Z") }).keep;
    expect(first?.keptUntil).toBe("2026-04-04T00:00:00.000Z");
  });

  it("counts each resource for itself, and never removes its newest point", () => {
    const points = [...pointsAt(["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"], "i-old"), ...pointsAt(["2026-01-01T00:00:00Z"], "i-new")];
    const plan = new Retention({ daily: 1 }).plan(points, { now: at("2026-06-01T00:00:00Z") });
    expect(plan.keep.map(({ resource, createdAt, reasons }) => [resource, createdAt.slice(0, 10), reasons.map(({ rule }) => rule)])).toEqual([["i-old", "2020-01-02", ["newest"]], ["i-new", "2026-01-01", ["newest"]]]);
  });

  it("waits for the lock of an immutable point, and keeps what the next increment is told from", () => {
    const points: RetentionPoint[] = [
      { id: "locked", resource: "i-a", createdAt: at("2026-01-01T00:00:00Z"), lockedUntil: at("2026-07-01T00:00:00Z") },
      { id: "base", resource: "i-a", createdAt: at("2026-01-02T00:00:00Z"), isBase: true },
      { id: "unlocked", resource: "i-a", createdAt: at("2026-01-03T00:00:00Z"), lockedUntil: at("2026-05-01T00:00:00Z") },
      { id: "newest", resource: "i-a", createdAt: at("2026-01-04T00:00:00Z") },
    ];
    const plan = new Retention({ count: 1 }).plan(points, { now: at("2026-06-01T00:00:00Z") });
    expect(plan.remove.map(({ id }) => id)).toEqual(["unlocked"]);
    expect(plan.keep[0]).toMatchObject({ id: "locked", keptUntil: "2026-07-01T00:00:00.000Z", reasons: [{ rule: "locked", text: "no rule keeps it; it waits for its lock, until 2026-07-01T00:00:00.000Z" }] });
    expect(plan.keep[1]?.reasons).toEqual([{ rule: "base", text: "is what the next increment is told from" }]);
  });

  it("says why it removes nothing, and when the next point ends", () => {
    expect(new Retention({ daily: 3 }).plan(daily("2026-03-09", "2026-03-10"), { now: at("2026-03-10T03:00:00Z") }).summary).toBe("Removes nothing: all 2 points are kept (daily 2, newest 1). The next one ends 2026-03-12T02:00:00.000Z.");
    expect(new Retention({ count: 3 }).plan([], { now: at("2026-03-10T03:00:00Z") }).summary).toBe("Removes nothing: there are no points.");
    expect(new Retention({ count: 3 }).plan(daily("2026-03-10", "2026-03-10"), { now: at("2026-03-10T03:00:00Z") }).summary).toBe("Removes nothing: all 1 points are kept (count 1, newest 1). None of them ends by itself.");
  });

  it("keeps a point that is younger than the moment it plans for", () => {
    const plan = new Retention({ count: 1 }).plan(daily("2026-03-09", "2026-03-11"), { now: at("2026-03-09T12:00:00Z") });
    expect(plan.keep.map(({ createdAt, reasons }) => [createdAt.slice(0, 10), ...reasons.map(({ rule }) => rule)])).toEqual([["2026-03-09", "count", "newest"], ["2026-03-10", "future"], ["2026-03-11", "newest", "future"]]);
  });

  it("counts as many of the newest as are asked for beside points that a wrong clock has made of years to come", () => {
    const points = [...daily("2026-03-01", "2026-03-09"), ...daily("2036-01-01", "2036-01-03")];
    const plan = new Retention({ count: 3 }).plan(points, { now: at("2026-03-09T12:00:00Z") });
    expect(plan.keep.map(({ createdAt }) => createdAt.slice(0, 10))).toEqual(["2026-03-07", "2026-03-08", "2026-03-09", "2036-01-01", "2036-01-02", "2036-01-03"]);
  });
});

describe("what a retention is given", () => {
  it("is refused where it is no time, before anything is decided", () => {
    const retention = new Retention({ count: 1 });
    expect(() => retention.plan([{ id: "a", resource: "i-a", createdAt: new Date("yesterday") }], { now: at("2026-03-10T00:00:00Z") })).toThrow("points[0].createdAt: must be a Date");
    expect(() => retention.plan([], { now: new Date(Number.NaN) })).toThrow("now: must be a Date");
  });
});

describe("the options of a retention", () => {
  it.each([
    [{}, "options: must hold at least one rule: count, age, daily, weekly, monthly or yearly. It is an object."],
    [{ daily: 0 }, "daily: must be a whole number from 1 to 36500. It is 0."],
    [{ daily: "7" }, 'daily: must be a whole number, or an object with keep. It is "7".'],
    [{ weekly: { keep: 4, on: "Sunday" } }, 'weekly.on: must be a weekday: monday, tuesday, wednesday, thursday, friday, saturday, sunday. It is "Sunday".'],
    [{ weekly: { keep: 4, at: "02:00" } }, 'weekly.at: is not known in weekly. It is "02:00".'],
    [{ monthly: { keep: 1, on: 32 } }, 'monthly.on: must be a day of the month: 1 to 31, "last", or a weekday by its place, like "first sunday" or "last friday". It is 32.'],
    [{ age: { days: 1, weeks: 1 } }, "age: must be one of { days }, { weeks }, { months } and { years }. It is an object."],
    [{ daily: 1, timeZone: "Europe/Olso" }, 'timeZone: must be a time zone by its IANA name, like "Europe/Oslo" or "UTC". It is "Europe/Olso".'],
    [{ daily: 1, timeZone: "+01:00" }, 'timeZone: must be a time zone by its IANA name, like "Europe/Oslo" or "UTC". It is "+01:00".'],
    [{ dayly: 1 }, "dayly: is no option of a retention; the options are count, age, daily, weekly, monthly, yearly, timeZone. It is 1."],
  ])("are refused where they are wrong: %j", (options, message) => {
    expect(() => new Retention(options as RetentionOptions)).toThrow(expect.objectContaining({ name: ConfigurationError.name, message }) as Error);
  });
});

const span = fc.integer({ min: 1, max: 40 });
const rules = fc
  .record({ count: span, age: fc.oneof(fc.record({ days: span }), fc.record({ weeks: span }), fc.record({ months: span })), daily: span, weekly: span, monthly: span, yearly: fc.integer({ min: 1, max: 4 }) }, { requiredKeys: [] })
  .filter((given) => Object.keys(given).length > 0)
  .map((given): RetentionOptions => given);
const nowMs = Date.parse("2026-06-15T12:00:00Z");
const points = fc.uniqueArray(
  fc.record({ resource: fc.constantFrom("i-a", "i-b"), ageHours: fc.integer({ min: 0, max: 24 * 900 }), lockedDays: fc.option(fc.integer({ min: -5, max: 5 }), { freq: 4 }), isBase: fc.option(fc.boolean(), { freq: 5 }) }),
  { maxLength: 40, selector: ({ resource, ageHours }) => `${resource} ${String(ageHours)}` },
).map((all) => all.map(({ resource, ageHours, lockedDays, isBase }): RetentionPoint => ({
  id: `${resource}/${String(ageHours)}`,
  resource,
  createdAt: new Date(nowMs - ageHours * 3_600_000),
  ...(lockedDays !== null && { lockedUntil: new Date(nowMs + lockedDays * dayMs) }),
  ...(isBase !== null && { isBase }),
})));
const zones = fc.constantFrom("UTC", "Europe/Oslo", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu");
const now = new Date(nowMs);
const idsOf = (decisions: RetentionPlan["keep"]): Set<string> => new Set(decisions.map(({ id }) => id));
const runs = { numRuns: 80 };

describe("of any points and rules, retention", () => {
  it("decides each point once, with a reason, and never removes the newest, the base or what is locked", () => {
    fc.assert(fc.property(rules, points, zones, (options, given, timeZone) => {
      const plan = new Retention({ ...options, timeZone }).plan(given, { now });
      expect(plan.keep.length + plan.remove.length).toBe(given.length);
      const removed = idsOf(plan.remove);
      for (const { reasons } of [...plan.keep, ...plan.remove]) expect(reasons.length).toBeGreaterThan(0);
      for (const { id, resource, createdAt, lockedUntil, isBase } of given) {
        if (!removed.has(id)) continue;
        expect(isBase).not.toBe(true);
        expect(lockedUntil === undefined || lockedUntil <= now).toBe(true);
        expect(given.some((other) => other.resource === resource && other.createdAt > createdAt)).toBe(true);
      }
    }), runs);
  });

  it("removes nothing more once its plan is carried out", () => {
    fc.assert(fc.property(rules, points, zones, (options, given, timeZone) => {
      const retention = new Retention({ ...options, timeZone });
      const kept = idsOf(retention.plan(given, { now }).keep);
      expect(retention.plan(given.filter(({ id }) => kept.has(id)), { now }).remove).toEqual([]);
    }), runs);
  });

  it("never keeps less where more shall be kept", () => {
    const grow = (options: RetentionOptions, by: number): RetentionOptions => Object.fromEntries(Object.entries(options).map(([rule, value]) => [rule, typeof value === "number" ? value + by : Object.fromEntries(Object.entries(value as object).map(([unit, amount]) => [unit, (amount as number) + by]))]));
    fc.assert(fc.property(rules, rules, fc.integer({ min: 1, max: 9 }), points, (options, added, by, given) => {
      const kept = idsOf(new Retention(options).plan(given, { now }).keep);
      for (const more of [grow(options, by), { ...added, ...options }]) {
        const keptByMore = idsOf(new Retention(more).plan(given, { now }).keep);
        for (const id of kept) expect(keptByMore.has(id)).toBe(true);
      }
    }), runs);
  });

  it("keeps a point until the end that it names and not beyond, if nothing changes", () => {
    fc.assert(fc.property(rules, points, zones, (options, given, timeZone) => {
      const retention = new Retention({ ...options, timeZone });
      for (const { id, keptUntil } of retention.plan(given, { now }).keep.slice(0, 5)) {
        if (keptUntil === undefined) continue;
        expect(idsOf(retention.plan(given, { now: new Date(Date.parse(keptUntil) - 1) }).keep).has(id)).toBe(true);
        expect(idsOf(retention.plan(given, { now: new Date(keptUntil) }).remove).has(id)).toBe(true);
      }
    }), { numRuns: 50 });
  });

  it("does not depend on the order of the points", () => {
    fc.assert(fc.property(rules, points, (options, given) => {
      const retention = new Retention(options);
      expect(idsOf(retention.plan([...given].reverse(), { now }).keep)).toEqual(idsOf(retention.plan(given, { now }).keep));
    }), { numRuns: 50 });
  });
});
