import type { RetentionFlag } from "../../retention/retention-plan.js";
import type { Html } from "./html.js";

/** A restore point as the report shows it. */
export interface CoveredPoint {
  readonly id: string;
  readonly createdAt: Date;
  readonly flags: readonly RetentionFlag[];
  readonly lockedUntil?: Date | undefined;
  readonly keptUntil?: Date | undefined;
}

/** A resource with its points. */
export interface CoveredResource {
  readonly resource: string;
  readonly name?: string | undefined;
  readonly kind: string;
  /** Whether the policy selects it now. */
  readonly isSelected: boolean;
  readonly points: readonly CoveredPoint[];
}

/** What a report of coverage is made of. */
export interface CoverageReportInput {
  readonly policy: string;
  readonly repository: string;
  readonly now: Date;
  readonly resources: readonly CoveredResource[];
  readonly unprotected: readonly { readonly resource: string; readonly kind: string; readonly name?: string | undefined; readonly reason: string }[];
  /** Sections of others, such as compliance. */
  readonly sections?: readonly Html[] | undefined;
}
