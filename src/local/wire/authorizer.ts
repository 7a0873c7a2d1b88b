import { decide, EVERYTHING } from "../policies/decide.js";
import type { Decision, Judgement } from "../policies/decide.js";
import type { RequestContext, ServiceError, WireProtocol } from "../service.js";
import { matchesWildcard } from "../wildcard.js";
import type { Caller, Identities } from "./caller.js";
import { wireError } from "./dialect.js";
import type { Permission } from "./permission.js";
import type { Principal } from "./principal.js";
import { requestKeys } from "./request-keys.js";

/** A refusal that a test asks for: every given field must match. */
export interface Denial {
  /** An IAM action such as `ebs:GetSnapshotBlock`, `s3:*` or `*`. */
  readonly action: string;
  /** The ARN of the caller; every caller by default. */
  readonly principalArn?: string;
  /** The resource's ARN, with `*` for any run of characters; every resource by default. */
  readonly resource?: string;
}

/** A call and the permissions that it needs. */
export interface AuthorizationRequest {
  readonly context: RequestContext;
  readonly caller: Caller;
  readonly permissions: readonly Permission[];
  readonly protocol: WireProtocol;
}

const UNLIMITED: Identities = {
  isThere: () => true,
  caller: (principal) => ({ principal, read: () => undefined, judge: () => EVERYTHING }),
};

/**
 * The one place where calls are allowed or refused.
 *
 * An account's administrator may do everything in its account; a role what its policies and its session's allow. Where a resource has
 * a policy of its own, the service that holds it decides, by the same rules. Tests refuse what they like besides.
 */
export class Authorizer {
  readonly #denials = new Set<Denial>();
  readonly #identities: Identities;

  /** Without identities everybody may do everything. */
  constructor(identities: Identities = UNLIMITED) {
    this.#identities = identities;
  }

  /** Refuses matching calls until the returned function is called. */
  deny(denial: Denial): () => void {
    if (typeof denial.action !== "string" || !/^(\*|[a-z0-9-]+:[A-Za-z*]+)$/.test(denial.action)) {
      throw new TypeError(`The denial's action is ${JSON.stringify(denial.action)}: it must be an IAM action such as "ebs:GetSnapshotBlock".`);
    }
    this.#denials.add(denial);
    return () => {
      this.#denials.delete(denial);
    };
  }

  callerOf(principal: Principal): Caller {
    return this.#identities.caller(principal);
  }

  /** Raises the service's own error where the call is refused. */
  authorize({ context, caller, permissions, protocol }: AuthorizationRequest): void {
    const { principal } = caller;
    const isThere = this.#identities.isThere(principal);
    for (const permission of permissions) {
      if (!isThere || this.#isDenied(principal, permission)) throw refusal(protocol, principal, permission, "");
      if (permission.isJudgedByService === true) continue;
      const judgement = caller.judge({ ...permission, read: requestKeys(context, permission.read) });
      const decision = decide({ judgement, resource: { verdict: "silent" }, isSameAccount: true });
      if (decision !== "allowed") throw refusal(protocol, principal, permission, becauseOf(decision, judgement, permission.action));
    }
  }

  #isDenied(principal: Principal, { action, alias = action, resource }: Permission): boolean {
    for (const denial of this.#denials) {
      if (denial.principalArn !== undefined && denial.principalArn !== principal.arn && denial.principalArn !== principal.roleArn) continue;
      if (denial.resource !== undefined && !matchesWildcard(denial.resource, resource)) continue;
      if ([action, alias].some((name) => matchesWildcard(denial.action.toLowerCase(), name.toLowerCase()))) return true;
    }
    return false;
  }
}

/** The error of a service for a call that is refused, in AWS's words: who may not do what to which resource. */
export function refusal(protocol: WireProtocol, principal: Pick<Principal, "arn">, { action, resource }: Pick<Permission, "action" | "resource">, because: string): ServiceError {
  const shown = protocol === "restXml" ? `"${resource}"` : resource;
  const text = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${shown}${because}`;
  const message = protocol === "ec2Query" ? `You are not authorized to perform this operation. ${text}` : text;
  return wireError(protocol, "access-denied", message, protocol === "restJson" ? { Reason: "UNAUTHORIZED_ACCOUNT" } : {});
}

/** Why a call was refused. Source: IAM user guide, "Troubleshoot access denied error messages". */
export function becauseOf(decision: Decision, { identity, session }: Judgement, action: string): string {
  if (decision === "explicitDeny") {
    const kind = identity === "deny" ? "an identity-based policy" : session === "deny" ? "a session policy" : "a resource-based policy";
    return ` with an explicit deny in ${kind}`;
  }
  const kind = identity !== "allow" ? "identity-based" : session !== "allow" ? "session" : "resource-based";
  return ` because no ${kind} policy allows the ${action} action`;
}
