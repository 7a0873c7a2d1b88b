import { printLines } from "../printing/printable.js";
import type { RetentionDecision, RetentionPlan } from "./retention-plan.js";

/** How a plan prints: its summary, then each point with the reasons, what is removed first. */
export function printRetentionPlan({ now, summary, keep, remove }: RetentionPlan): string {
  return printLines(`RetentionPlan for ${now}: ${summary}`, [...remove, ...keep].map(printDecision));
}

function printDecision({ action, id, createdAt, resource, flags, reasons }: RetentionDecision): string {
  return `${action} ${id} of ${createdAt}, ${resource}${flags.length === 0 ? "" : `, ${flags.join(" ")}`}: ${reasons.map(({ text }) => text).join("; ")}`;
}
