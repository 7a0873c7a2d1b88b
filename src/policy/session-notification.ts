import { subjectLine } from "../notifications/subject-line.js";
import { sessionReport } from "./reports/session-report.js";
import type { Notification } from "../ports/index.js";
import type { NotifyOccasion } from "./policy-options.js";
import type { ErrorFacts, ResourceResult, SessionResult } from "./session-result.js";

/** How a session may end. */
export type SessionOccasion = Exclude<NotifyOccasion, "alert">;

/** How a session ended, for those who are told. */
export interface SessionOutcome {
  readonly occasion: SessionOccasion;
  readonly policy: string;
  readonly session: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly error?: ErrorFacts | undefined;
  readonly result?: SessionResult | undefined;
}

/** Resources that a message names; of more it gives the number. */
const maxNamed = 50;
/** Of a run of more resources the report is too much for a mailbox: it is made of the record. */
const maxReported = 200;
const severities = { succeeded: "info", partial: "warning", failed: "error", aborted: "warning" } as const;

/** Which occasion the end of a session is. A run of which some resources failed and some did not is neither a success nor a failure. */
export function occasionOf(state: "succeeded" | "failed" | "aborted", result: SessionResult | undefined): SessionOccasion {
  return state === "failed" && result?.resources.some(({ outcome }) => outcome === "succeeded") === true ? "partial" : state;
}

/** The message of how a session ended. */
export function sessionNotification(ended: SessionOutcome): Notification {
  const { occasion, policy, session, startedAt, endedAt, error, result } = ended;
  const resources = result?.resources ?? [];
  const failed = resources.filter(({ outcome }) => outcome === "failed");
  const succeeded = resources.filter(({ outcome }) => outcome === "succeeded");
  const headline = {
    succeeded: resources.length === 0 ? "there was nothing to back up" : `${String(succeeded.length)} of ${String(resources.length)} resources are backed up`,
    partial: `${String(failed.length)} of ${String(resources.length)} resources failed`,
    failed: resources.length === 0 ? "the run failed" : `all ${String(failed.length)} resources failed`,
    aborted: "the run was aborted",
  }[occasion];
  const lines = [
    `Policy ${policy}: ${headline}.`,
    "",
    `Began ${startedAt.toISOString()}, ended ${endedAt.toISOString()}. Session ${session}.`,
    ...(error === undefined ? [] : ["", error.message]),
    ...section("Failed:", failed, (resource) => `${resource.resource}: ${resource.error?.message ?? "no reason is known"}`),
    ...section("Look at:", resources.filter(({ warnings }) => warnings.length > 0), ({ resource, warnings }) => `${resource}: ${warnings.map(({ message }) => message).join(" ")}`),
    ...section("Backed up:", succeeded, ({ resource, point }) => `${resource}: ${point ?? ""}`),
  ];
  return {
    id: `session-${session}`,
    type: `session:${occasion}`,
    severity: severities[occasion],
    subject: subjectLine(`[holdfast] ${policy}: ${headline}`),
    text: `${lines.join("\n")}\n`,
    ...(resources.length <= maxReported && { html: reportOf(ended) }),
    at: endedAt.toISOString(),
    policy,
    facts: { session, policy, occasion, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString(), ...(error !== undefined && { error }), resources: resources.slice(0, maxNamed).map(({ resource, outcome, point, error: cause }) => ({ resource, outcome, point, error: cause })) },
  };
}

function reportOf({ occasion, policy, session, startedAt, endedAt, error, result }: SessionOutcome): string {
  const state = occasion === "partial" ? "failed" : occasion;
  return sessionReport({ session, policy, state, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString(), events: [], ...(error !== undefined && { error }), ...(result !== undefined && { result: { ...result } }) });
}

function section(title: string, resources: readonly ResourceResult[], line: (resource: ResourceResult) => string): string[] {
  if (resources.length === 0) return [];
  const more = resources.length > maxNamed ? [`  and ${String(resources.length - maxNamed)} more`] : [];
  // a name with a line break would look like another entry
  return ["", title, ...resources.slice(0, maxNamed).map((resource) => `  ${oneLine(line(resource))}`), ...more];
}

function oneLine(text: string): string {
  return text.split("\n").map((part) => part.trim()).join(" ");
}
