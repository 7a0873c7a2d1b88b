import { optionError } from "../../options/option-error.js";
import type { IamRole } from "./iam-role.js";

/** A CloudFormation template. JSON. */
export interface CloudFormationTemplate {
  readonly AWSTemplateFormatVersion: "2010-09-09";
  readonly Description: string;
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>>;
}

/** The template that makes an account's roles; `ConfigurationError` where none of them belongs there. */
export function cloudFormationTemplate(roles: readonly IamRole[], account: string): CloudFormationTemplate {
  const own = roles.filter((role) => role.account === account);
  if (own.length === 0) throw optionError("account", `none of the roles belongs in ${account}; they belong in ${[...new Set(roles.map((role) => role.account))].join(", ")}.`);
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `Roles of holdfast in account ${account}`,
    Resources: Object.fromEntries(own.flatMap((role) => resourcesOf(role))),
  };
}

function resourcesOf({ kind, name, trust, policy, hasInstanceProfile }: IamRole): [string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }][] {
  const logicalId = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Role`;
  const role = { Type: "AWS::IAM::Role", Properties: { RoleName: name, AssumeRolePolicyDocument: trust, Policies: [{ PolicyName: name, PolicyDocument: policy }] } };
  if (!hasInstanceProfile) return [[logicalId, role]];
  return [
    [logicalId, role],
    ["WorkerInstanceProfile", { Type: "AWS::IAM::InstanceProfile", Properties: { InstanceProfileName: name, Roles: [{ Ref: logicalId }] } }],
  ];
}
