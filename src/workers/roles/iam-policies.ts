import { cloudFormationTemplate, type CloudFormationTemplate } from "./cloud-formation.js";
import { resolveIamOptions, type IamPoliciesOptions, type ResolvedIamOptions } from "./iam-options.js";
import type { IamRole, RoleKind } from "./iam-role.js";
import { policyDocument, type IamPolicyStatement, type IamTrustDocument } from "./policy-document.js";
import { allow } from "./statements/allow.js";
import { backupStatements, readingStatements, replicaStatements } from "./statements/backup-statements.js";
import { engineStatements, workerStatements } from "./statements/engine-statements.js";
import { restoreInstanceStatements } from "./statements/instance-statements.js";
import { networkStatements } from "./statements/network-statements.js";
import { repositoryStatements } from "./statements/repository-statements.js";
import { rollbackStatements } from "./statements/rollback-statements.js";
import { restoreStatements, writingStatements } from "./statements/restore-statements.js";

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
 * - `engine`: launches workers, and meets them in the configuration bucket. `network`: makes and removes their network.
 * - `backup`, `restore`: in each production account. `replica`: in other accounts that get replicas. `repository`: where the buckets are.
 * - `worker`: what an instance of the pool is. In its own account it holds what moving data there needs, and no more.
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
  const { backup, production, repository, replicas, principal, externalId, features } = options;
  const workerArn = roleArn(options, backup, "worker");
  const impersonationArn = roleArn(options, backup, "impersonation");
  const trustees = (account: string, hasWorkers: boolean): IamTrustDocument => {
    const isHome = account === backup;
    const letsWorkersIn = !isHome && hasWorkers && features.workers;
    const trust = trustOf({ AWS: letsWorkersIn ? [impersonationArn, workerArn] : [impersonationArn] }, isHome ? undefined : externalId);
    return letsWorkersIn && options.temporaryWorkerRoles !== undefined ? { ...trust, Statement: [...trust.Statement, trustInTemporaryRoles(options, options.temporaryWorkerRoles.path)] } : trust;
  };
  const working = (kind: RoleKind, account: string, statements: readonly IamPolicyStatement[], { hasWorkers = true }: { readonly hasWorkers?: boolean } = {}): IamRole => {
    const checked = kind === "engine" ? [roleArn(options, account, kind), workerArn] : [roleArn(options, account, kind)];
    return makeRole(options, kind, account, trustees(account, hasWorkers), [...statements, allow("CheckPermissions", ["iam:SimulatePrincipalPolicy"], checked)]);
  };
  const when = <Part>(isWanted: boolean, parts: () => readonly Part[]): readonly Part[] => (isWanted ? parts() : []);
  const assumable = [
    ...when(features.workers, () => [working("engine", backup, engineStatements(options, workerArn))]),
    ...when(features.networkSetup, () => [working("network", backup, networkStatements(options))]),
    ...when(features.backup, () => production.map((account) => working("backup", account, backupStatements(options, account)))),
    ...when(features.restore, () => production.map((account) => working("restore", account, [...restoreStatements(options, account), ...inPlaceStatements(options, account)]))),
    ...when(features.backup, () => replicas.filter((account) => !production.includes(account)).map((account) => working("replica", account, replicaStatements(options, account), { hasWorkers: false }))),
    working("repository", repository, repositoryStatements(options)),
  ];
  return [
    makeRole(options, "impersonation", backup, trustOf({ AWS: [principal] }, undefined), [allow("AssumeRoles", ["sts:AssumeRole"], assumable.map(({ arn }) => arn))]),
    ...assumable,
    ...when(features.workers, () => [makeRole(options, "worker", backup, trustOf({ Service: "ec2.amazonaws.com" }, undefined), workingStatements(options))]),
  ];
}

/** Restoring instances includes rolling their volumes back. */
function inPlaceStatements(options: ResolvedIamOptions, account: string): readonly IamPolicyStatement[] {
  if (options.restoredInstances !== undefined) return restoreInstanceStatements(options, account);
  return options.features.rollback ? rollbackStatements(options, account) : [];
}

/** A worker is in its own role at home, and goes by a role everywhere else. */
function workingStatements(options: ResolvedIamOptions): IamPolicyStatement[] {
  const { backup, production, repository, features } = options;
  const kinds: readonly ("backup" | "restore")[] = [...(features.backup ? ["backup" as const] : []), ...(features.restore ? ["restore" as const] : [])];
  const goesTo = [...production.filter((account) => account !== backup).flatMap((account) => kinds.map((kind) => roleArn(options, account, kind))), ...(repository === backup ? [] : [roleArn(options, repository, "repository")])];
  const isHome = production.includes(backup);
  return [
    ...workerStatements(options, goesTo),
    ...(isHome && features.backup ? readingStatements(options, backup) : []),
    ...(isHome && features.restore ? writingStatements(options, backup) : []),
    ...(repository === backup ? repositoryStatements(options, { makesKeySlots: false }) : []),
  ];
}

function makeRole(options: ResolvedIamOptions, kind: RoleKind, account: string, trust: IamTrustDocument, statements: readonly IamPolicyStatement[]): IamRole {
  return { kind, account, name: `${options.namePrefix}-${kind}`, arn: roleArn(options, account, kind), hasInstanceProfile: kind === "worker", trust, policy: policyDocument(statements) };
}

function roleArn({ partition, namePrefix }: ResolvedIamOptions, account: string, kind: RoleKind): string {
  return `arn:${partition}:iam::${account}:role/${namePrefix}-${kind}`;
}

function trustOf(Principal: Readonly<Record<string, string | readonly string[]>>, externalId: string | undefined): IamTrustDocument {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole", ...(externalId !== undefined && { Condition: { StringEquals: { "sts:ExternalId": externalId } } }) }] };
}

/** Roles that are not there yet cannot be named as principals: their account is, and which of its roles are meant says a condition. */
function trustInTemporaryRoles({ partition, backup, externalId }: ResolvedIamOptions, path: string): IamTrustDocument["Statement"][number] {
  const account = `arn:${partition}:iam::${backup}`;
  return {
    Effect: "Allow",
    Principal: { AWS: [`${account}:root`] },
    Action: "sts:AssumeRole",
    Condition: { ArnLike: { "aws:PrincipalArn": `${account}:role${path}*` }, ...(externalId !== undefined && { StringEquals: { "sts:ExternalId": externalId } }) },
  };
}
