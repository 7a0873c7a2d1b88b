import type { Observation } from "../alerts/alert.js";
import { measurePointAge } from "../session/telemetry/session-metrics.js";
import { isFromTheFuture } from "../repository/history/from-the-future.js";
import type { SessionRecord } from "../repository/history/session-record.js";
import { evaluateCompliance } from "./compliance/evaluate-compliance.js";
import type { ComplianceReport } from "./compliance/compliance-report.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { selectForPolicy } from "./selection/select-resources.js";
import type { SessionOutcome } from "./session-notification.js";

/** What the end of a run tells of the conditions that are about runs. */
export function observeRun(ended: SessionOutcome): Observation[] {
  const { occasion, policy, error, result } = ended;
  const about = (condition: Observation["condition"], severity: "warning" | "error", text: string | undefined): Observation => ({ condition, present: text === undefined ? [] : [{ subject: policy, severity, text }] });
  const isCutShort = error?.code === "WindowClosed";
  const began = about("run-missed", "error", undefined);
  const window = about("window-ended", "warning", isCutShort ? `The run was stopped at the end of the policy's window. It goes on when the window opens; give it a longer one, or more parallel resources, where that happens often.` : undefined);
  // somebody stopped it: that says nothing of how it would have ended
  if (occasion === "aborted") return [began, window];
  const failed = result?.resources.filter(({ outcome }) => outcome === "failed") ?? [];
  const named = failed.slice(0, maxNamed).map(({ resource, error: cause }) => `${resource}: ${cause?.message ?? ""}`);
  const why = [error?.message ?? "", ...named].join("\n");
  const isEmpty = occasion === "succeeded" && result?.resources.every(({ outcome }) => outcome === "skipped") === true;
  return [
    began,
    window,
    about("run-failed", "error", occasion === "failed" ? why : undefined),
    about("run-partial", "warning", occasion === "partial" ? why : undefined),
    about("nothing-protected", "warning", isEmpty ? "The run backed up nothing: nothing that exists is selected, or all of it is excluded. Look at include and exclude." : undefined),
  ];
}

/** Resources that an alert's text names. */
const maxNamed = 10;

/** Whether a run is overdue: none began since the first that was due after the last, and the time that is allowed is over. A policy that never ran cannot be late. */
export function observeSchedule({ name, schedule, alerts }: ResolvedPolicyOptions, last: SessionRecord | undefined, now: Date): Observation[] {
  if (last === undefined) return [];
  const [due] = schedule?.next(1, { after: new Date(last.startedAt) }) ?? [];
  const isMissed = due !== undefined && now.getTime() - due.at.getTime() > alerts.missedAfterMs;
  const missed: Observation = { condition: "run-missed", present: isMissed ? [{ subject: name, severity: "error", text: `The run that was due at ${due.at.toISOString()} has not begun. Look whether the process that runs the policy is there.` }] : [] };
  const crashed = `The run that began ${last.startedAt} crashed: its process ended before it. The next run goes on with what it left; look at that process's own log.`;
  return last.state === "crashed" ? [missed, { condition: "run-failed", present: [{ subject: name, severity: "error", text: crashed }] }] : [missed];
}

/** Whether the repository is known to be damaged. `damage`: what the run that just ended met. */
export async function observeRepository({ repository }: ResolvedPolicyOptions, damage: string | undefined, options: { readonly signal?: AbortSignal | undefined }): Promise<Observation[]> {
  const packs = await repository.countQuarantinedPacks(options);
  const verified = await repository.history.newestOfKind("verification", options);
  const locks = repository.immutability === undefined ? undefined : await repository.history.newestOfKind("locks", options);
  const texts = [
    ...(packs === 0 ? [] : [`${String(packs)} packs are damaged and in quarantine. The next backups heal what the sources still have; repository.repair({ from }) brings back the rest from a copy.`]),
    ...(verified?.result?.["isHealthy"] === false ? [`The verification of ${verified.startedAt} found damage: its record names what, and which restore points need it.`] : []),
    ...(damage === undefined ? [] : [damage]),
  ];
  const broken = locks?.result?.["isHealthy"] === false ? [{ subject: repository.location, severity: "error" as const, text: `The verification of locks of ${locks.startedAt} found objects that are not locked as promised: its record names them. Look who may change locks there.` }] : [];
  return [{ condition: "locks-broken", present: broken }, { condition: "repository-damaged", present: texts.length === 0 ? [] : [{ subject: repository.location, severity: "error", text: texts.join("\n") }] }];
}

/** Which controls are not met; nothing where the policy names none. Policies beside this one are not known here: of `protectEverything` only an evaluation that names them can judge. */
export async function observeCompliance(options: ResolvedPolicyOptions, now: Date, { signal }: { readonly signal?: AbortSignal | undefined }): Promise<{ readonly report: ComplianceReport | undefined; readonly observations: readonly Observation[] }> {
  const { protectEverything: _, ...controls } = options.compliance ?? {};
  if (Object.keys(controls).length === 0) return { report: undefined, observations: [] };
  const report = await evaluateCompliance(options, { controls, others: [], now, signal });
  const broken = report.findings.filter(({ isMet }) => !isMet);
  return { report, observations: [{ condition: "not-compliant", present: broken.map(({ control, subject, evidence, remedy = "" }) => ({ subject: `${control}: ${subject}`, severity: "warning", text: `${evidence} ${remedy}`.trim() })) }] };
}

/** Whether the newest point of each selected resource is young enough; nothing where the policy does not ask for it. */
export async function observePoints(options: ResolvedPolicyOptions, now: Date, { signal }: { readonly signal?: AbortSignal | undefined }): Promise<Observation[]> {
  const { maxPointAgeMs } = options.alerts;
  if (maxPointAgeMs === undefined) return [];
  const { resources, failures } = await selectForPolicy(options, { signal });
  for (const { error } of failures) if (error.name !== "NotFoundError") throw error;
  const present: { subject: string; severity: "error"; text: string }[] = [];
  for (const { resource } of resources) {
    let newest: Date | undefined;
    for await (const { policy, createdAt } of options.repository.restorePoints({ resource, signal })) if (policy === options.name && !isFromTheFuture(createdAt, now)) newest = createdAt;
    if (newest !== undefined) measurePointAge(options.name, resource, now.getTime() - newest.getTime());
    if (newest !== undefined && now.getTime() - newest.getTime() <= maxPointAgeMs) continue;
    const hours = String(maxPointAgeMs / 3_600_000);
    present.push({ subject: resource, severity: "error", text: newest === undefined ? `It has no restore point of this policy; one within ${hours} hours is asked for.` : `Its newest restore point is of ${newest.toISOString()}, older than ${hours} hours.` });
  }
  return [{ condition: "point-too-old", present }];
}
