import type { LocalClock } from "../local-clock.js";

/** Runs `action` once the cloud's clock shows `at`, whether time passes or the clock is moved; gives what calls it off. */
export function whenClockShows(clock: LocalClock, at: Date, action: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const callOff = (): void => {
    clearTimeout(timer);
    stopListening();
  };
  const check = (): void => {
    clearTimeout(timer);
    const remainingMs = at.getTime() - clock.now().getTime();
    if (remainingMs > 0) {
      timer = setTimeout(check, Math.min(remainingMs, LONGEST_WAIT_MS)).unref();
      return;
    }
    callOff();
    action();
  };
  const stopListening = clock.onAdvance(check);
  check();
  return callOff;
}

/** Timers take no more than 31 bits of milliseconds. */
const LONGEST_WAIT_MS = 2_000_000_000;
