import { describe, expect, it } from "vitest";
import { Schedule } from "./schedule.js";
import type { ScheduleOptions } from "./schedule-options.js";

const at = (text: string): Date => new Date(text);
const next = (options: ScheduleOptions, after: string, count = 3): string[] => new Schedule(options, "gold").next(count, { after: at(after) }).map((run) => run.at.toISOString().replace(":00.000Z", "Z"));

describe("a schedule", () => {
  it("runs daily at its hours, some times an hour, on its days", () => {
    expect(next({ daily: { hours: [2] } }, "2026-03-01T02:00:00Z")).toEqual(["2026-03-02T02:00Z", "2026-03-03T02:00Z", "2026-03-04T02:00Z"]);
    expect(next({ daily: { hours: [22, 8], runsPerHour: 4, days: "weekdays" } }, "2026-03-06T22:10:00Z", 5)).toEqual(["2026-03-06T22:15Z", "2026-03-06T22:30Z", "2026-03-06T22:45Z", "2026-03-09T08:00Z", "2026-03-09T08:15Z"]);
    expect(next({ daily: { days: ["sunday"] } }, "2026-03-06T00:00:00Z", 2)).toEqual(["2026-03-08T00:00Z", "2026-03-15T00:00Z"]);
  });

  it("makes one run of what falls on one moment, and says to which parts it belongs", () => {
    const schedule = new Schedule({ daily: { hours: [2] }, weekly: { on: "sunday" }, monthly: { on: "first sunday" }, yearly: { in: 3, at: "05:30" } }, "gold");
    expect(schedule.next(3, { after: at("2026-02-28T12:00:00Z") }).map(({ at: time, tiers }) => `${time.toISOString()} ${tiers.join(" ")}`)).toEqual([
      "2026-03-01T02:00:00.000Z daily weekly monthly",
      "2026-03-01T05:30:00.000Z yearly",
      "2026-03-02T02:00:00.000Z daily",
    ]);
  });

  it("runs on days of the month that each month has, and yearly", () => {
    expect(next({ monthly: { on: 31, at: "01:00" } }, "2026-01-31T01:00:00Z", 2)).toEqual(["2026-02-28T01:00Z", "2026-03-31T01:00Z"]);
    expect(next({ monthly: { on: "last friday", months: [2, 8] } }, "2026-01-01T00:00:00Z", 2)).toEqual(["2026-02-27T00:00Z", "2026-08-28T00:00Z"]);
    expect(next({ yearly: { in: 12, on: "last" } }, "2026-01-01T00:00:00Z", 2)).toEqual(["2026-12-31T00:00Z", "2027-12-31T00:00Z"]);
  });

  it("takes a cron expression as a way in, beside the rest", () => {
    expect(next({ cron: "30 2 * * 1-5", timeZone: "Europe/Oslo" }, "2026-03-27T12:00:00Z", 2)).toEqual(["2026-03-30T00:30Z", "2026-03-31T00:30Z"]);
    expect(next({ cron: "0 0 29 2 *", daily: { hours: [0], days: ["monday"] } }, "2028-02-22T00:00:00Z", 2)).toEqual(["2028-02-28T00:00Z", "2028-02-29T00:00Z"]);
  });

  it("has each run of a day once on the nights when the clocks change", () => {
    const oslo = { daily: { hours: [1, 2, 3] }, timeZone: "Europe/Oslo" };
    // 29 March 2026: 02:00 does not exist and is 03:00; 25 October: 02:00 comes twice
    expect(next(oslo, "2026-03-28T12:00:00Z")).toEqual(["2026-03-29T00:00Z", "2026-03-29T01:00Z", "2026-03-29T23:00Z"]);
    expect(next(oslo, "2026-10-24T12:00:00Z", 4)).toEqual(["2026-10-24T23:00Z", "2026-10-25T00:00Z", "2026-10-25T02:00Z", "2026-10-26T00:00Z"]);
    expect(next({ weekly: { on: "sunday", at: "02:30" }, timeZone: "Europe/Oslo" }, "2026-03-28T12:00:00Z", 1)).toEqual(["2026-03-29T01:30Z"]);
  });

  it("begins no run outside of its window, and knows when one is to be stopped and may go on", () => {
    const window = { from: "22:00", to: "06:00", days: ["friday", "saturday"] as const };
    const schedule = new Schedule({ daily: { hours: [5, 6, 21, 22] }, window }, "gold");
    expect(schedule.next(4, { after: at("2026-03-06T12:00:00Z") }).map((run) => run.at.toISOString().slice(0, 16))).toEqual(["2026-03-06T22:00", "2026-03-07T05:00", "2026-03-07T22:00", "2026-03-08T05:00"]);
    expect(schedule.stopsAt(at("2026-03-06T23:00:00Z"))).toEqual(at("2026-03-07T06:00:00Z"));
    expect(schedule.stopsAt(at("2026-03-07T06:00:00Z"))).toBeUndefined();
    expect(schedule.resumesAt(at("2026-03-07T06:00:00Z"))).toEqual(at("2026-03-07T22:00:00Z"));
    expect(schedule.resumesAt(at("2026-03-07T05:59:00Z"))).toEqual(at("2026-03-07T05:59:00Z"));
    expect(new Schedule({ daily: { hours: [12] }, window: { ...window, stopAtEnd: false } }, "gold").next(1, { after: at("2026-03-06T12:00:00Z") })).toEqual([]);
    expect(new Schedule({ daily: {}, window: { ...window, stopAtEnd: false } }, "gold").stopsAt(at("2026-03-06T23:00:00Z"))).toBeUndefined();
  });

  it("puts the runs of each policy off by its own time, always the same", () => {
    const delays = Array.from({ length: 50 }, (_, policy) => {
      const schedule = new Schedule({ daily: { hours: [2] }, spreadMinutes: 60 }, `policy ${String(policy)}`);
      const runs = schedule.next(2, { after: at("2026-03-01T01:59:00Z") });
      const [first = 0, second = 0] = runs.map((run) => run.at.getTime());
      expect(second - first).toBe(86_400_000);
      // asked in between, it is the same run
      expect(schedule.next(1, { after: at("2026-03-01T02:00:00Z") })[0]?.at.getTime()).toBe(first);
      return (first - at("2026-03-01T02:00:00Z").getTime()) / 60_000;
    });
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(60);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(30);
  });

  it.each([
    [{}, "options: must hold at least one of daily, weekly, monthly, yearly and cron. It is an object."],
    [{ daily: { hours: [24] } }, "daily.hours[0]: must be an hour of the day, 0 to 23. It is 24."],
    [{ daily: { hours: [2], days: ["sun"] } }, 'daily.days[0]: must be a weekday: monday, tuesday, wednesday, thursday, friday, saturday, sunday. It is "sun".'],
    [{ daily: { hour: 2 } }, "daily.hour: is not known in daily; the options are hours, days, runsPerHour. It is 2."],
    [{ weekly: { on: "Sunday" } }, 'weekly.on: must be a weekday: monday, tuesday, wednesday, thursday, friday, saturday, sunday. It is "Sunday".'],
    [{ weekly: { on: "sunday", at: "2:00" } }, 'weekly.at: must be a time of day, "HH:MM". It is "2:00".'],
    [{ cron: "0 30 2 * * *" }, 'cron: must be a cron expression of five fields that comes to a run, like "30 2 * * 1-5". It is "0 30 2 * * *".'],
    [{ cron: "0 0 31 2 *" }, 'cron: must be a cron expression of five fields that comes to a run, like "30 2 * * 1-5". It is "0 0 31 2 *".'],
    [{ daily: {}, timeZone: "CEST" }, 'timeZone: must be a time zone by its IANA name, like "Europe/Oslo" or "UTC". It is "CEST".'],
  ])("refuses what is wrong: %j", (options, message) => {
    expect(() => new Schedule(options as ScheduleOptions, "gold")).toThrow(message);
  });
});
