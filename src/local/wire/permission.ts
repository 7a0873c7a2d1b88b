import type { ReadKey } from "../policies/policy-request.js";

/** A permission that a call needs. */
export interface Permission {
  /** In IAM's words, e.g. `s3:PutObject`. */
  readonly action: string;
  /** The ARN of what it is about; `*` where it is about no single resource. */
  readonly resource: string;
  /** What is known of the request for this permission, by condition key. */
  readonly read?: ReadKey;
  /** The operation's own name as an action, where a test may refuse it by that too. */
  readonly alias?: string;
  /** Whether the service judges it itself, because the resource has a policy of its own. */
  readonly isJudgedByService?: boolean;
}
