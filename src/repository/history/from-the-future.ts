/** The clocks of machines that work together differ by less. */
const maxAheadMs = 3_600_000;

/** Whether something says to be of a time that has not come yet: a clock was wrong then, or is now. It stands for nothing that happened lately, and nobody waits until its time has come. */
export function isFromTheFuture(at: Date | number | string, now: Date): boolean {
  return new Date(at).getTime() - now.getTime() > maxAheadMs;
}
