import type { NamedVerdict, Verdict } from "./policy.js";

/** What is said of a caller by the policies of its own. */
export interface Judgement {
  /** By the policies of its role; an account's administrator may do everything. */
  readonly identity: Verdict;
  /** By the policies with which the session was begun; `allow` for a session without any. */
  readonly session: Verdict;
}

export const EVERYTHING: Judgement = { identity: "allow", session: "allow" };

export interface DecisionRequest {
  readonly judgement: Judgement;
  /** By the policy of the resource; `silent` where it has none. */
  readonly resource: NamedVerdict;
  readonly isSameAccount: boolean;
  /** Whether the resource's policy must hand the decision to the account, as that of a key must; a bucket's need not. */
  readonly needsResourcePolicy?: boolean;
}

export type Decision = "allowed" | "explicitDeny" | "implicitDeny";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html */
export function decide({ judgement, resource, isSameAccount, needsResourcePolicy = false }: DecisionRequest): Decision {
  const { identity, session } = judgement;
  if (identity === "deny" || session === "deny" || resource.verdict === "deny") return "explicitDeny";
  const byIdentity = identity === "allow" && session === "allow";
  const byResource = resource.verdict === "allow";
  // Whom a resource's policy names itself needs no leave of the account; a session policy still limits a role, but not a session by name.
  const isNamed = resource.verdict === "allow" && (resource.naming === "session" || (resource.naming === "role" && session === "allow"));
  if (!isSameAccount || needsResourcePolicy) {
    if (byIdentity && byResource) return "allowed";
    return isSameAccount && isNamed ? "allowed" : "implicitDeny";
  }
  return byIdentity || isNamed ? "allowed" : "implicitDeny";
}
