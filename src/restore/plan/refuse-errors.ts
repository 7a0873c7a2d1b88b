import { ConfigurationError } from "../../errors/index.js";
import type { RestoreFinding } from "./restore-finding.js";

/** Raises the first finding for which a restore is refused, before anything is made; `plan` is the call that names them all. */
export function refuseErrors({ findings, restorePoint }: { readonly findings: readonly RestoreFinding[]; readonly restorePoint: string }, plan: string): void {
  const [first, ...others] = findings.filter(({ severity }) => severity === "error");
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` And ${String(others.length)} more: ${plan} names them all.`;
  throw new ConfigurationError(`${first.path}: ${first.message} ${first.remedy}${more}`, { code: "NotRestorable", context: { path: first.path, finding: first.code, restorePoint } });
}
