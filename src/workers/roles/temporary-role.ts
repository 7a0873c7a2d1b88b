import type { OrderSecrets } from "../../mover/protocol/documents.js";
import type { CallOptions, Tags } from "../../ports/index.js";
import type { PoolContext } from "../pool-context.js";
import type { WorkerOperation } from "../profiles/choose-profile.js";
import type { ResolvedPoolOptions } from "../pool-options.js";
import { partitionOf } from "./partition-of.js";
import { policyDocument, type IamPolicyStatement } from "./policy-document.js";
import { allow, usingKeys } from "./statements/allow.js";
import { readingStatements } from "./statements/backup-statements.js";
import { repositoryStatements } from "./statements/repository-statements.js";
import { writingStatements } from "./statements/restore-statements.js";

/** A worker, as far as its role goes. */
export interface RoleBearer {
  readonly id: string;
  readonly kind: { readonly access?: readonly IamPolicyStatement[] | undefined };
  /** By which what is the worker's is found. */
  readonly ownTags: Tags;
  /** Of its own role, as soon as there may be one. */
  roleName: string | undefined;
}

/** What a task's work is about, as far as a role can be held to it. */
export interface TemporaryRoleTask {
  readonly operation: WorkerOperation;
  readonly secrets: Pick<OrderSecrets, "repository" | "target" | "account">;
  readonly isImmutable: boolean;
  /** Of a copy: the same of the repository that it goes to. */
  readonly isTargetImmutable?: boolean | undefined;
  /** Of a restore: what its snapshot carries. */
  readonly sessionId?: string | undefined;
}

/** What the role of a worker must allow so that it can do a task; nothing where the pool's workers share a role. A worker has the tasks that its own statements cover. */
export async function accessOf(options: ResolvedPoolOptions, { operation, secrets, isImmutable, isTargetImmutable = false, sessionId }: TemporaryRoleTask, call: CallOptions): Promise<readonly IamPolicyStatement[] | undefined> {
  const { temporaryRoles, kmsKeyId } = options;
  if (temporaryRoles === undefined) return undefined;
  const { repository, target, account } = secrets;
  const own = await options.account.accountId(call);
  const repositories = [{ ...repository, isImmutable }, ...(target === undefined ? [] : [{ ...target, isImmutable: isTargetImmutable }])];
  const roleArns = [...new Set([account?.role, ...repositories.map(({ role }) => role)].flatMap((role) => role?.roleArn ?? []))];
  const scope = { partition: partitionOf(repository.region), regions: [account?.region ?? repository.region], volumeKmsKeyArns: temporaryRoles.volumeKmsKeyArns };
  const atHome = repositories.filter(({ role }) => role === undefined);
  const place = { partition: scope.partition, repositories: atHome.map(({ bucket, prefix, isImmutable: immutable }) => ({ bucket, ...(prefix !== "" && { prefix }), immutable })) };
  return [
    ...(roleArns.length === 0 ? [] : [allow("EnterOtherAccounts", ["sts:AssumeRole"], roleArns)]),
    // a repository's own work touches no snapshot
    ...(account === undefined || account.role !== undefined ? [] : operation === "backup" ? readingStatements(scope, own) : writingStatements(scope, own, sessionId)),
    ...(atHome.length === 0 ? [] : [...repositoryStatements(place), ...usingKeys("UnwrapTheRepositoryKey", ["kms:Decrypt"], kmsKeyId === undefined ? [] : [kmsKeyId])]),
  ];
}

/** Whether a role with the first statements can do what the others are for. */
export function covers(has: readonly IamPolicyStatement[] | undefined, needs: readonly IamPolicyStatement[] | undefined): boolean {
  const known = new Set((has ?? []).map((statement) => JSON.stringify(statement)));
  return (needs ?? []).every((statement) => known.has(JSON.stringify(statement)));
}

/** The name of a worker's own role and instance profile. */
export function roleNameOf(worker: string): string {
  return `holdfast-worker-${worker}`;
}

/** Makes a worker's own role, where the pool has such; gives the name of the instance profile to launch with. What was made, also in part, is the caller's to remove. */
export async function makeTemporaryRole({ options }: Pick<PoolContext, "options">, worker: RoleBearer, call: CallOptions): Promise<string> {
  const { temporaryRoles, account, instanceProfile } = options;
  if (temporaryRoles === undefined) return instanceProfile;
  const name = roleNameOf(worker.id);
  worker.roleName = name;
  const { path, permissionsBoundaryArn } = temporaryRoles;
  const policy = JSON.stringify(policyDocument([...meetingStatements(options, worker.id), ...(worker.kind.access ?? [])]));
  await account.workerRoles().make({ name, path, policy, permissionsBoundaryArn, tags: worker.ownTags }, call);
  return name;
}

/** Removes a worker's own role, if one was begun. */
export async function removeTemporaryRole({ options: { account, temporaryRoles } }: Pick<PoolContext, "options">, { roleName: name }: Pick<RoleBearer, "roleName">): Promise<void> {
  if (name !== undefined && temporaryRoles !== undefined) await account.workerRoles().remove({ name, path: temporaryRoles.path });
}

/** Of the configuration bucket: the bundles, what is its own, and the tasks, whose names nobody knows before they are given. */
function meetingStatements({ configurationBucket, configurationPrefix, configurationRegion }: ResolvedPoolOptions, worker: string): IamPolicyStatement[] {
  const bucket = `arn:${partitionOf(configurationRegion)}:s3:::${configurationBucket}`;
  const objects = (...names: readonly string[]): string[] => names.map((name) => `${bucket}/${configurationPrefix}/${name}`);
  return [
    // with a condition on s3:prefix, S3 would answer 403 to who reads an object that is not there
    allow("SeeWhatIsMissing", ["s3:ListBucket"], [bucket]),
    allow("ReadOrders", ["s3:GetObject"], objects("bundles/*", `workers/${worker}/*`, "tasks/*")),
    allow("Answer", ["s3:PutObject"], objects(`workers/${worker}/*`, "tasks/*")),
  ];
}
