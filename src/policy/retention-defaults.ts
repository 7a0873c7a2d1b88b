import type { RetentionDefaults } from "../retention/retention-options.js";
import type { ScheduleOptions } from "../schedule/schedule-options.js";

/** What a schedule says where the rules of a retention do not: a weekly flag goes onto the run of the schedule's weekly day. */
export function retentionDefaults({ timeZone, weekly, monthly, yearly }: ScheduleOptions = {}): RetentionDefaults {
  return { timeZone, weeklyOn: typeof weekly?.on === "object" ? weekly.on[0] : weekly?.on, monthlyOn: monthly?.on, yearlyIn: yearly?.in, yearlyOn: yearly?.on };
}
