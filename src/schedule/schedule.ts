import { createHash } from "node:crypto";
import { checkOptions } from "../options/check-options.js";
import { occurrencesAfter, type ScheduleTier } from "./occurrences.js";
import { resolveScheduleOptions, scheduleSchema, type ResolvedScheduleOptions, type ScheduleOptions } from "./schedule-options.js";
import { windowAtOrAfter, type OpenWindow } from "./windows.js";

/** A run that is to come. */
export interface ScheduledRun {
  readonly at: Date;
  /** The parts of the schedule that ask for it. */
  readonly tiers: readonly ScheduleTier[];
}

/** So many openings of the window in a row without a run, and so long without one, and it is said that there is none. */
const maxEmptyWindows = 1_000;
const horizonMs = 9 * 366 * 86_400_000;

/** When a policy runs: a pure calculation, no timer. */
export class Schedule {
  readonly options: ScheduleOptions;
  readonly #resolved: ResolvedScheduleOptions;
  readonly #spread: number;

  /** `name`: whose runs these are; by it, `spreadMinutes` puts them off. */
  constructor(options: ScheduleOptions, name: string) {
    this.options = checkOptions<ScheduleOptions>(options, { of: "a schedule", schema: scheduleSchema });
    this.#resolved = resolveScheduleOptions(this.options);
    this.#spread = this.#resolved.spreadMs * fractionOf(name);
  }

  /** The next `count` runs after a moment, in order; fewer where the schedule and its window leave no more. */
  next(count: number, { after }: { readonly after: Date }): ScheduledRun[] {
    const runs: ScheduledRun[] = [];
    let emptyWindows = 0;
    let skipUntilMs = 0;
    // what is put off may be later than `after` though its own moment is not
    for (const { atMs, tiers } of occurrencesAfter(this.#resolved, after.getTime() - Math.ceil(this.#spread))) {
      if (runs.length >= count || emptyWindows > maxEmptyWindows || atMs - (runs.at(-1)?.at ?? after).getTime() > horizonMs) break;
      if (atMs < skipUntilMs) continue;
      const window = this.#windowOf(atMs);
      if (window !== undefined && window.fromMs > atMs) {
        emptyWindows++;
        skipUntilMs = window.fromMs;
        continue;
      }
      emptyWindows = 0;
      // within a window a run is not put off so far that no time is left for it
      const delayMs = window === undefined ? this.#spread : Math.min(this.#spread, (window.toMs - atMs) / 2);
      const at = new Date(Math.round(atMs + delayMs));
      if (at > after) runs.push({ at, tiers });
    }
    return runs;
  }

  /** When a run that is under way at a moment is to be stopped; `undefined` where it is not. */
  stopsAt(at: Date): Date | undefined {
    const window = this.#resolved.window?.stopAtEnd === true ? this.#windowOf(at.getTime()) : undefined;
    return window === undefined || window.fromMs > at.getTime() ? undefined : new Date(window.toMs);
  }

  /** When a run may go on that was stopped: now, or when the window opens. */
  resumesAt(at: Date): Date {
    return new Date(Math.max(at.getTime(), this.#windowOf(at.getTime())?.fromMs ?? 0));
  }

  #windowOf(atMs: number): OpenWindow | undefined {
    const { window, timeZone } = this.#resolved;
    return window && windowAtOrAfter(window, timeZone, atMs);
  }
}

/** A number from 0 (included) to 1 (excluded) that is always the same for a name. */
function fractionOf(name: string): number {
  return createHash("sha256").update(name, "utf8").digest().readUInt32BE(0) / 2 ** 32;
}
