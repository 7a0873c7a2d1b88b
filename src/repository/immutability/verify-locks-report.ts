import type { VerifyFinding } from "../verify/verify-options.js";

/** What a verification of locks saw. */
export interface VerifyLocksReport {
  readonly isHealthy: boolean;
  readonly restorePoints: number;
  /** Objects whose lock was compared with what the restore points that reach them were promised. */
  readonly objects: number;
  readonly findings: readonly Pick<VerifyFinding, "object" | "problem" | "restorePoints">[];
}

/** What is wrong with a version that restore points reach, and for which of them. */
export interface LockFault {
  readonly problem: string;
  /** Points that need it for no longer than this are not harmed. */
  readonly harmsNeedsBeyondMs: number;
}

/** Collects faults, and then the points that they harm. */
export class LockFindings {
  readonly #findings = new Map<string, { readonly problems: Set<string>; readonly restorePoints: Set<string> }>();

  add(object: string, problem: string, restorePoint?: string): void {
    const finding = this.#findings.get(object) ?? { problems: new Set<string>(), restorePoints: new Set<string>() };
    finding.problems.add(problem);
    if (restorePoint !== undefined) finding.restorePoints.add(restorePoint);
    this.#findings.set(object, finding);
  }

  list(): VerifyLocksReport["findings"][number][] {
    return [...this.#findings].map(([object, { problems, restorePoints }]) => ({ object, problem: [...problems].join("; "), restorePoints: [...restorePoints].sort() }));
  }
}
