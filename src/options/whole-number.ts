import * as z from "zod";

/** A whole number within bounds, with the message that says so. */
export function wholeNumberFromTo(least: number, most: number): z.ZodInt {
  const text = `must be a whole number from ${String(least)} to ${String(most)}.`;
  return z.int({ error: text }).min(least, text).max(most, text);
}
