import type { Alert, AlertCondition } from "../alerts/alert.js";
import { subjectLine } from "../notifications/subject-line.js";
import type { Notification } from "../ports/index.js";

/** How each condition is called where people read it. */
export const conditionTitles: Readonly<Record<AlertCondition, string>> = {
  "run-failed": "the run failed",
  "run-partial": "some resources failed",
  "run-missed": "a run was missed",
  "nothing-protected": "nothing is protected",
  "window-ended": "the run was cut short by its window",
  "repository-damaged": "the repository is damaged",
  "locks-broken": "objects are not locked as promised",
  "point-too-old": "the newest restore point is too old",
  "not-compliant": "a control is not met",
};

/** The message of an alert's beginning or end. */
export function alertNotification(alert: Alert, what: "raised" | "resolved", now: Date): Notification {
  const { id, policy, condition, subject, severity, text, raisedAt, endedAt } = alert;
  const title = conditionTitles[condition];
  const about = subject === policy ? "" : ` (${subject})`;
  const lines =
    what === "raised"
      ? [`Policy ${policy}: ${title}${about}.`, "", text, "", `Since ${raisedAt}. It is not repeated while it lasts; its end is told.`]
      : [`Policy ${policy}: no longer so: ${title}${about}.`, "", `It lasted from ${raisedAt} to ${endedAt ?? ""}. It had been:`, "", text];
  return {
    id: `alert-${id}-${what}`,
    type: `alert:${what}`,
    severity: what === "raised" ? severity : "info",
    subject: subjectLine(`[holdfast] ${policy}: ${what === "raised" ? "" : "resolved: "}${title}${about}`),
    text: `${lines.join("\n")}\n`,
    at: now.toISOString(),
    policy,
    facts: { alert },
  };
}
