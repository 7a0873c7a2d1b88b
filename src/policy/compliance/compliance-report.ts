import type { ComplianceOptions } from "./compliance-options.js";

/** A control: one of the options of compliance. */
export type ComplianceControl = keyof ComplianceOptions;

/** How one control stands for one resource, or for the policy. JSON. */
export interface ComplianceFinding {
  readonly control: ComplianceControl;
  /** `<account>/<region>/<id>`, the policy, or a repository. */
  readonly subject: string;
  readonly isMet: boolean;
  /** What was seen, with its times and numbers. */
  readonly evidence: string;
  /** What to do where it is not met. */
  readonly remedy?: string | undefined;
}

/** How a policy's controls stand. JSON. */
export interface ComplianceReport {
  readonly policy: string;
  /** ISO 8601. */
  readonly evaluatedAt: string;
  /** Whether every control is met for every subject: there is a finding for each, met or not. */
  readonly isCompliant: boolean;
  readonly findings: readonly ComplianceFinding[];
}
