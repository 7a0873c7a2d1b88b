import type { Judgement } from "../policies/decide.js";
import type { PolicyRequest, ReadKey } from "../policies/policy-request.js";
import type { Principal } from "./principal.js";

/** Who calls, with what his own policies say. */
export interface Caller {
  readonly principal: Principal;
  /** What is known of the caller himself, by condition key. */
  readonly read: ReadKey;
  /** What the caller's own policies say of a request. */
  judge(request: Omit<PolicyRequest, "principal">): Judgement;
}

/** Knows the identities of the cloud and their policies. */
export interface Identities {
  caller(principal: Principal): Caller;
  /** Whether the role behind a session is still there. */
  isThere(principal: Principal): boolean;
}
