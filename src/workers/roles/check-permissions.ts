import { checkCallOptions } from "../../options/call-options.js";
import type { CallOptions, MissingPermission, PermissionCheck } from "../../ports/index.js";
import type { IamRole } from "./iam-role.js";
import type { IamPolicyStatement } from "./policy-document.js";

/** What a role should be able to do and is not. JSON. */
export interface MissingRolePermission extends MissingPermission {
  readonly role: string;
  /** The statement of `iamPolicies()` that gives it. */
  readonly statement: string;
}

/** Asks IAM whether a role that is there can do what `iamPolicies()` says that it must. Changes nothing. */
export async function checkPermissions(check: PermissionCheck, role: IamRole, options: CallOptions = {}): Promise<readonly MissingRolePermission[]> {
  const { signal } = checkCallOptions(options);
  return await checkStatements(check, { arn: role.arn, name: role.name, statements: role.policy.Statement }, { signal });
}

/** The same of some statements, for a role of any name. */
export async function checkStatements(check: PermissionCheck, role: { readonly arn: string; readonly name: string; readonly statements: readonly IamPolicyStatement[] }, options: CallOptions = {}): Promise<readonly MissingRolePermission[]> {
  const missing: MissingRolePermission[] = [];
  for (const { Sid, Action, Resource, Condition } of role.statements) {
    const found = await check.missing({ principalArn: role.arn, actions: Action, resources: Resource.map(exampleOf), context: contextFor(Condition) }, options);
    for (const one of found) missing.push({ ...one, role: role.name, statement: Sid });
  }
  return missing;
}

/** A resource that the pattern stands for: IAM judges single ones. */
function exampleOf(pattern: string): string {
  if (pattern === "*") return pattern;
  return pattern.replace(":ec2:*:", ":ec2:eu-west-1:").replaceAll("*", "example");
}

/** What a call that the condition lets through would bring along. */
function contextFor(condition: IamPolicyStatement["Condition"]): Record<string, readonly string[]> {
  const context: Record<string, readonly string[]> = {};
  for (const [operator, keys] of Object.entries(condition ?? {})) {
    for (const [key, value] of Object.entries(keys)) context[key] = operator === "Null" ? ["example"] : typeof value === "string" ? [value] : value;
  }
  return context;
}
