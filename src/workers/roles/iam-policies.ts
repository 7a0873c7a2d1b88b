import { cloudFormationTemplate, type CloudFormationTemplate } from "./cloud-formation.js";
import { resolveIamOptions, type IamPoliciesOptions, type ResolvedIamOptions } from "./iam-options.js";
import type { IamRole, RoleKind } from "./iam-role.js";
import { restoreInstanceStatements } from "./instance-statements.js";
import { policyDocument, type IamPolicyDocument, type IamTrustDocument } from "./policy-document.js";
import { backupStatements, engineStatements, repositoryStatements, restoreStatements, workerStatements } from "./role-statements.js";

/** The roles of one set-up, and what makes them. */
export interface IamPolicies {
  readonly roles: readonly IamRole[];
  /** A template for one of the accounts: `aws cloudformation deploy --capabilities CAPABILITY_NAMED_IAM`. */
  readonly cloudFormation: (account: string) => CloudFormationTemplate;
}

/**
 * The roles that the engine needs, each with the least that it can do with, for one, two or three accounts. Calls nothing.
 *
 * - `impersonation`: whoever runs the engine assumes it, and by it the others; it may do nothing else.
 * - `engine`: launches workers, and meets them in the configuration bucket.
 * - `backup`, `restore`: in each production account. `repository`: where the buckets are.
 * - `worker`: what an instance of the pool is. In its own account it holds what backups, restores and repositories there need.
 *
 * @example
 * const { roles, cloudFormation } = iamPolicies({ applianceId: "backup-1", accounts: { backup: "111122223333" }, principal, configurationBucket, repositories: [{ bucket }] });
 * await writeFile("roles.json", JSON.stringify(cloudFormation("111122223333")));
 */
export function iamPolicies(options: IamPoliciesOptions): IamPolicies {
  const resolved = resolveIamOptions(options);
  const roles = rolesOf(resolved);
  return { roles, cloudFormation: (account) => cloudFormationTemplate(roles, account) };
}

function rolesOf(options: ResolvedIamOptions): IamRole[] {
  const { backup, production, repository, principal, namePrefix, partition, externalId } = options;
  const arnOf = (account: string, kind: RoleKind): string => `arn:${partition}:iam::${account}:role/${namePrefix}-${kind}`;
  const workerArn = arnOf(backup, "worker");
  const impersonationArn = arnOf(backup, "impersonation");
  const role = (kind: RoleKind, account: string, trust: IamTrustDocument, policy: IamPolicyDocument): IamRole => ({ kind, account, name: `${namePrefix}-${kind}`, arn: arnOf(account, kind), hasInstanceProfile: kind === "worker", trust, policy });
  const byEngine = (account: string): IamTrustDocument => trustOf({ AWS: account === backup ? [impersonationArn] : [impersonationArn, workerArn] }, account === backup ? undefined : externalId);
  const others = production.filter((account) => account !== backup);
  // a worker is in its own role at home, and goes by a role everywhere else
  const workerGoes = [...others.flatMap((account) => [arnOf(account, "backup"), arnOf(account, "restore")]), ...(repository === backup ? [] : [arnOf(repository, "repository")])];
  const atHome = [...(production.includes(backup) ? [...backupStatements(options, backup), ...restoreStatements(options, backup)] : []), ...(repository === backup ? repositoryStatements(options) : [])];
  const working = [
    role("engine", backup, byEngine(backup), policyDocument(engineStatements(options, workerArn))),
    ...production.map((account) => role("backup", account, byEngine(account), policyDocument(backupStatements(options, account)))),
    ...production.map((account) => role("restore", account, byEngine(account), policyDocument([...restoreStatements(options, account), ...restoreInstanceStatements(options, account)]))),
    role("repository", repository, byEngine(repository), policyDocument(repositoryStatements(options))),
  ];
  return [
    role("impersonation", backup, trustOf({ AWS: [principal] }, undefined), policyDocument([{ Sid: "AssumeRoles", Effect: "Allow", Action: ["sts:AssumeRole"], Resource: working.map(({ arn }) => arn) }])),
    ...working,
    role("worker", backup, trustOf({ Service: "ec2.amazonaws.com" }, undefined), policyDocument([...workerStatements(options, workerGoes), ...atHome])),
  ];
}

function trustOf(Principal: Readonly<Record<string, string | readonly string[]>>, externalId: string | undefined): IamTrustDocument {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole", ...(externalId !== undefined && { Condition: { StringEquals: { "sts:ExternalId": externalId } } }) }] };
}
