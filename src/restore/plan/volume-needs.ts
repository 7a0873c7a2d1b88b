import type { QuotaNeed } from "./quotas.js";
import type { RestoreEstimate } from "./restore-estimate.js";
import type { RestoreFinding } from "./restore-finding.js";

/** What is missing for a volume's restore, and what it takes. JSON. */
export interface VolumeNeeds {
  readonly findings: readonly RestoreFinding[];
  /** IAM actions that it takes in the account, beside those of the repository. */
  readonly actions: readonly string[];
  /** Of these the account needs so many more than it has in use. */
  readonly quotas: readonly QuotaNeed[];
  readonly estimate: RestoreEstimate;
}
