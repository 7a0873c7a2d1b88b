import type { Judgement } from "../policies/decide.js";
import { EVERYTHING } from "../policies/decide.js";
import type { Policy, Verdict } from "../policies/policy.js";
import type { PolicyRequest, ReadKey } from "../policies/policy-request.js";
import type { Caller, Identities } from "../wire/caller.js";
import type { Principal } from "../wire/principal.js";
import type { IamStore, RoleRecord } from "./iam-store.js";
import { managedDocument } from "./managed-policies.js";
import { parsePolicyDocument } from "./policy-document.js";

/** What the policies of the cloud's identities say. */
export class IdentityJudge implements Identities {
  readonly #store: IamStore;

  constructor(store: IamStore) {
    this.#store = store;
  }

  isThere({ accountId, roleName }: Principal): boolean {
    return roleName === undefined || this.#store.findRole(accountId, roleName) !== undefined;
  }

  caller(principal: Principal): Caller {
    const role = this.#roleOf(principal);
    return {
      principal,
      read: keysOf(principal, role),
      judge: (request) => this.judge(principal, request),
    };
  }

  /** An administrator may do everything; a role what its own policies allow, within those of its session. */
  judge(principal: Principal, request: Omit<PolicyRequest, "principal">): Judgement {
    if (principal.roleName === undefined) return EVERYTHING;
    const role = this.#roleOf(principal);
    const asked = { ...request, principal };
    const session = principal.sessionPolicies === undefined ? "allow" : evaluateAll(principal.sessionPolicies.map(compile), asked);
    return {
      identity: role === undefined ? "silent" : evaluateAll(this.policiesOf(role), asked),
      // a boundary limits what a role's own policies allow, as the policies of a session do
      session: narrower(session, role === undefined ? "allow" : this.boundaryOf(role, asked)),
    };
  }

  /** A role's own policies: those within it, and those that are attached. */
  policiesOf(role: RoleRecord): Policy[] {
    const attached = role.attachedPolicyArns.map((arn) => managedDocument(this.#store, arn)).filter((document) => document !== undefined);
    return [...Object.values(role.inlinePolicies), ...attached].map(compile);
  }

  /** What a role's boundary lets through; everything where it has none. A boundary that is gone lets nothing through. */
  boundaryOf({ boundaryArn }: RoleRecord, request: PolicyRequest): Verdict {
    if (boundaryArn === undefined) return "allow";
    const document = managedDocument(this.#store, boundaryArn);
    return document === undefined ? "silent" : compile(document).evaluate(request);
  }

  #roleOf({ accountId, roleName }: Principal): RoleRecord | undefined {
    return roleName === undefined ? undefined : this.#store.findRole(accountId, roleName);
  }
}

function narrower(one: Verdict, other: Verdict): Verdict {
  if (one === "deny" || other === "deny") return "deny";
  return one === "allow" ? other : one;
}

/** What several policies of an identity say together: one that denies outweighs all that allow. */
export function evaluateAll(policies: readonly Policy[], request: PolicyRequest): Verdict {
  let verdict: Verdict = "silent";
  for (const policy of policies) {
    const one = policy.evaluate(request);
    if (one === "deny") return "deny";
    if (one === "allow") verdict = "allow";
  }
  return verdict;
}

function compile(document: string): Policy {
  return parsePolicyDocument(document, "identity");
}

function keysOf({ arn, roleName, instanceId, accountId }: Principal, role: RoleRecord | undefined): ReadKey {
  const sessionName = arn.slice(arn.lastIndexOf("/") + 1);
  const tagPrefix = "aws:principaltag/";
  return (key) => {
    if (key.startsWith(tagPrefix)) {
      const found = Object.entries(role?.tags ?? {}).find(([name]) => name.toLowerCase() === key.slice(tagPrefix.length));
      return found === undefined ? undefined : [found[1]];
    }
    switch (key) {
      case "aws:principaltype":
        return [roleName === undefined ? "User" : "AssumedRole"];
      case "aws:userid":
        return [role === undefined ? accountId : `${role.roleId}:${sessionName}`];
      case "aws:username":
        return roleName === undefined ? [sessionName] : undefined;
      case "ec2:sourceinstancearn":
        return instanceId === undefined ? undefined : [`arn:aws:ec2:*:${accountId}:instance/${instanceId}`];
      case "ec2:roledelivery":
        return instanceId === undefined ? undefined : ["2.0"];
      default:
        return undefined;
    }
  };
}
