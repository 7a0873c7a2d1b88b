import type { WireProtocol } from "../service.js";
import { wireError } from "./dialect.js";
import type { Principal } from "./principal.js";

/** A refusal that a test asks for: every given field must match. */
export interface Denial {
  /** An IAM action such as `ebs:GetSnapshotBlock`, `s3:*` or `*`. */
  readonly action: string;
  /** The ARN of the caller; every caller by default. */
  readonly principalArn?: string;
  /** The resource's ARN, with `*` for any run of characters; every resource by default. */
  readonly resource?: string;
}

/** Who asks for what. */
export interface AuthorizationRequest {
  readonly principal: Principal;
  /** The action in IAM's words, and the operation's own name where they differ. */
  readonly actions: readonly string[];
  readonly resource: string;
  readonly protocol: WireProtocol;
}

/**
 * The one place where a call is allowed or refused.
 *
 * An account's own user may do everything in its account, and a role everything as long as it exists; tests refuse what they like.
 */
export class Authorizer {
  readonly #denials = new Set<Denial>();
  readonly #roleExists: (accountId: string, roleName: string) => boolean;

  constructor(roleExists: (accountId: string, roleName: string) => boolean) {
    this.#roleExists = roleExists;
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

  /** Raises the service's own error where the call is refused. */
  authorize(request: AuthorizationRequest): void {
    const { principal, actions, resource, protocol } = request;
    const isRoleGone = principal.roleName !== undefined && !this.#roleExists(principal.accountId, principal.roleName);
    if (!isRoleGone && !this.#isDenied(request)) return;
    const action = actions[0] ?? "*";
    const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`;
    throw wireError(protocol, "access-denied", message, protocol === "restJson" ? { Reason: "UNAUTHORIZED_ACCOUNT" } : {});
  }

  #isDenied({ principal, actions, resource }: AuthorizationRequest): boolean {
    for (const denial of this.#denials) {
      if (denial.principalArn !== undefined && denial.principalArn !== principal.arn && denial.principalArn !== principal.roleArn) continue;
      if (denial.resource !== undefined && !matchesPattern(denial.resource, resource)) continue;
      if (actions.some((action) => matchesPattern(denial.action.toLowerCase(), action.toLowerCase()))) return true;
    }
    return false;
  }
}

/** Whether `text` fits a pattern in which `*` stands for any run of characters and `?` for one. */
export function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
