import type { SessionRecord } from "../repository/history/session-record.js";
import type { SessionEvent } from "../session/index.js";

/** Whether a run was stopped at the end of its window, and is to go on when that opens again. */
export function isCutShort({ state, error }: Pick<SessionRecord, "state" | "error">): boolean {
  return state === "aborted" && error?.code === "WindowClosed";
}

/** The resources that a run had done when it was cut short: in its own events by that name, and before it. */
export function doneIn({ events }: Pick<SessionRecord, "events">, type: SessionEvent["type"]): Set<string> {
  const done = events.flatMap((event) => (event["type"] === type ? [event["resource"]] : event["type"] === "session:started" && Array.isArray(event["done"]) ? (event["done"] as unknown[]) : []));
  return new Set(done.filter((resource) => typeof resource === "string"));
}
