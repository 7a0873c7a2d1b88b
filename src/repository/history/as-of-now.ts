import { lateAfterMs } from "../leases/lease.js";
import type { SessionRecord } from "./session-record.js";

/** The record as it is to be read: one that is open and was not renewed for as long as a lease lives is of a session that crashed. */
export function asOfNow({ renewedAt, ...record }: SessionRecord, now: Date): SessionRecord {
  if (record.state !== "running" || renewedAt === undefined) return record;
  const isLate = now.getTime() - Date.parse(renewedAt) > lateAfterMs;
  return isLate ? { ...record, state: "crashed", endedAt: renewedAt } : { ...record, renewedAt };
}
