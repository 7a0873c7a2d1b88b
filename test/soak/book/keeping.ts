import type { BookedPoint } from "./booked-point.js";

/** Which points of one resource must be there at a time: reckoned here, with nothing of the engine's retention. */
export type Keeping = (points: readonly BookedPoint[], nowMs: number) => ReadonlySet<string>;

const dayMs = 86_400_000;

/** The newest so many. */
export function newest(count: number): Keeping {
  return (points) => new Set(oldestFirst(points).slice(-count).map(({ id }) => id));
}

/** All of so many days, the first of each week for so many weeks, and always the newest. */
export function daysAndWeeks(days: number, weeks: number): Keeping {
  return (points, nowMs) => {
    const standing = points.filter(({ createdAtMs, isFirstOfWeek }) => createdAtMs + (isFirstOfWeek ? Math.max(days, 7 * weeks) : days) * dayMs > nowMs);
    return new Set([...standing, ...oldestFirst(points).slice(-1)].map(({ id }) => id));
  };
}

/** The Monday, in UTC, on which the week of a time begins, as a number. */
export function weekOf(ms: number): number {
  // 1 January 1970 was a Thursday
  return Math.floor((Math.floor(ms / dayMs) + 3) / 7);
}

function oldestFirst(points: readonly BookedPoint[]): BookedPoint[] {
  return [...points].sort((one, other) => one.createdAtMs - other.createdAtMs);
}
