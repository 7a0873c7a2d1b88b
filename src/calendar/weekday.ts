/** A day of the week, by its English name. */
export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

/** In the order of ISO 8601, where Monday is day 1. */
export const weekdays: readonly Weekday[] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** Monday 1 to Sunday 7, as ISO 8601 numbers them. */
export function isoDayOf(weekday: Weekday): number {
  return weekdays.indexOf(weekday) + 1;
}
