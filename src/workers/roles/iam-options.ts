import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { regionSchema, truth } from "../../options/schemas.js";
import { boundarySchema, keyArnSchema as key, resolveTemporaryRoles, rolePathSchema, type ResolvedTemporaryRoles } from "./temporary-role-options.js";

/** A repository that the roles are for. */
export interface IamRepository {
  readonly bucket: string;
  /** Default: the whole bucket. */
  readonly prefix?: string | undefined;
  /** Of a repository whose key is kept in KMS. */
  readonly kmsKeyArn?: string | undefined;
  /** Whether it is immutable. Default: false. */
  readonly immutable?: boolean | undefined;
  /** Whether it is an archive, that is thawed. Default: false. */
  readonly archive?: boolean | undefined;
}

/** What of the engine is used: for what is left out there is no role. */
export interface IamFeatures {
  /** Snapshots and backups. Default: true. */
  readonly backup?: boolean | undefined;
  /** Restores into volumes. Restores into files need no more than a repository. Default: true. */
  readonly restore?: boolean | undefined;
  /** Workers on instances of their own; without it all is moved by the engine's process. Default: true. */
  readonly workers?: boolean | undefined;
  /** A role that makes and removes the workers' network: `createNetwork`, `removeNetwork`. Default: false. */
  readonly networkSetup?: boolean | undefined;
  /** Locks of snapshots and replicas (`snapshots.lock`, `replicas[].lock` of a policy), for the backup and replica roles. Default: false. */
  readonly snapshotLocks?: boolean | undefined;
  /** Whether the restore role may roll volumes back in place (`restore.replaceVolume`): snapshots and reads what is there, and stops and starts instances for it. Part of `restoredInstances`. Default: false. */
  readonly rollback?: boolean | undefined;
}

/** For what roles are written. */
export interface IamPoliciesOptions {
  readonly applianceId: string;
  readonly accounts: {
    /** Where workers run. */
    readonly backup: string;
    /** What is protected. Default: the backup account. */
    readonly production?: readonly string[] | undefined;
    /** Where the repositories' buckets are. Default: the backup account. */
    readonly repository?: string | undefined;
    /** Where replicas of snapshots are made. Default: nowhere. */
    readonly replicas?: readonly string[] | undefined;
  };
  /** Who runs the engine: the ARN of a role or user that may assume the impersonation role. */
  readonly principal: string;
  readonly configurationBucket: string;
  /** Default: `holdfast`. */
  readonly configurationPrefix?: string | undefined;
  readonly repositories: readonly IamRepository[];
  /** The regions in which is backed up and restored. Default: all. */
  readonly regions?: readonly string[] | undefined;
  /** The ARNs of the KMS keys of encrypted volumes, and of those that replicas and restored volumes shall have. */
  readonly volumeKmsKeyArns?: readonly string[] | undefined;
  /** Whether the restore role may restore instances too, not volumes alone, and which roles those may have. Default: volumes alone. */
  readonly restoredInstances?: { readonly roleArns?: readonly string[] | undefined } | undefined;
  /** The ARN of the KMS key of workers' root volumes (`WorkerPool`: `rootVolumeKmsKeyArn`). */
  readonly rootVolumeKmsKeyArn?: string | undefined;
  /**
   * For pools with `temporaryRoles`: the engine's role may make a role for each worker, under a path, with a permissions boundary where one is named; roles in other accounts trust what is under the path.
   * Whoever may make roles without a boundary can make one that may do anything. Default: no such roles.
   */
  readonly temporaryWorkerRoles?: { readonly path?: string | undefined; readonly permissionsBoundaryArn?: string | undefined } | undefined;
  /** What roles in other accounts ask for (`assume({ externalId })`). */
  readonly externalId?: string | undefined;
  /** What the roles' names begin with. Default: `holdfast`. */
  readonly namePrefix?: string | undefined;
  /** What the roles are for. */
  readonly features?: IamFeatures | undefined;
  /** Whether workers may be spot instances. Default: false. */
  readonly spot?: boolean | undefined;
  /** `aws`, `aws-cn` or `aws-us-gov`. Default: `aws`. */
  readonly partition?: string | undefined;
}

export interface ResolvedIamOptions {
  readonly applianceId: string;
  readonly backup: string;
  readonly production: readonly string[];
  readonly repository: string;
  readonly replicas: readonly string[];
  readonly features: { readonly backup: boolean; readonly restore: boolean; readonly workers: boolean; readonly networkSetup: boolean; readonly snapshotLocks: boolean; readonly rollback: boolean };
  readonly principal: string;
  readonly configurationBucket: string;
  readonly configurationPrefix: string;
  readonly repositories: readonly IamRepository[];
  readonly regions: readonly string[];
  readonly volumeKmsKeyArns: readonly string[];
  readonly restoredInstances: { readonly roleArns: readonly string[] } | undefined;
  readonly rootVolumeKmsKeyArn: string | undefined;
  readonly temporaryWorkerRoles: Pick<ResolvedTemporaryRoles, "path" | "permissionsBoundaryArn"> | undefined;
  readonly externalId: string | undefined;
  readonly namePrefix: string;
  readonly spot: boolean;
  readonly partition: string;
}

const text = (pattern: RegExp, must: string): z.ZodString => z.string({ error: must }).regex(pattern, must);
const account = text(/^\d{12}$/, "must be an account's twelve digits, as a text.");
const bucket = text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of a bucket.");
const prefix = text(/^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/, 'must be parts of letters, digits, ".", "_" and "-", joined by "/".');

const schema = z.strictObject({
  applianceId: text(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits, dots, underscores and hyphens."),
  accounts: z.strictObject({ backup: account, production: z.array(account).min(1, "must name at least one account.").optional(), repository: account.optional(), replicas: z.array(account).optional() }),
  features: z.strictObject({ backup: truth, restore: truth, workers: truth, networkSetup: truth, snapshotLocks: truth, rollback: truth }).optional(),
  principal: text(/^arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:role|user)\/[\x21-\x7e]+)$/, "must be the ARN of a role, a user, or an account's root."),
  configurationBucket: bucket,
  configurationPrefix: prefix.optional(),
  repositories: z.array(z.strictObject({ bucket, prefix: prefix.optional(), kmsKeyArn: key.optional(), immutable: truth, archive: truth }), { error: "must be a list of repositories { bucket, prefix? }." }).min(1, "must name at least one repository."),
  regions: z.array(regionSchema).min(1, "must name at least one region.").optional(),
  volumeKmsKeyArns: z.array(key).optional(),
  restoredInstances: z.strictObject({ roleArns: z.array(text(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\x21-\x7e]+$/, "must be the ARN of a role.")).optional() }, { error: "must be an object: { roleArns? }." }).optional(),
  rootVolumeKmsKeyArn: key.optional(),
  temporaryWorkerRoles: z.strictObject({ path: rolePathSchema.optional(), permissionsBoundaryArn: boundarySchema.optional() }, { error: "must be an object: { path?, permissionsBoundaryArn? }." }).optional(),
  externalId: text(/^[\w+=,.@:/-]{2,1224}$/, "must be 2 to 1,224 letters, digits or _+=,.@:/-").optional(),
  namePrefix: text(/^[\w+=,.@-]{1,40}$/, "must be 1 to 40 letters, digits or _+=,.@-").optional(),
  spot: truth,
  partition: text(/^aws(?:-cn|-us-gov)?$/, 'must be "aws", "aws-cn" or "aws-us-gov".').optional(),
});

/** Fills in the defaults; raises `ConfigurationError` naming the path. */
export function resolveIamOptions(options: IamPoliciesOptions): ResolvedIamOptions {
  const given = checkOptions<IamPoliciesOptions>(options, { of: "the roles", schema });
  const { accounts: { backup }, features = {} } = given;
  return {
    applianceId: given.applianceId,
    backup,
    production: [...new Set(given.accounts.production ?? [backup])],
    repository: given.accounts.repository ?? backup,
    replicas: [...new Set(given.accounts.replicas)],
    features: { backup: features.backup ?? true, restore: features.restore ?? true, workers: features.workers ?? true, networkSetup: features.networkSetup ?? false, snapshotLocks: features.snapshotLocks ?? false, rollback: features.rollback ?? false },
    principal: given.principal,
    configurationBucket: given.configurationBucket,
    configurationPrefix: given.configurationPrefix ?? "holdfast",
    repositories: given.repositories,
    regions: given.regions ?? ["*"],
    volumeKmsKeyArns: given.volumeKmsKeyArns ?? [],
    restoredInstances: given.restoredInstances === undefined ? undefined : { roleArns: given.restoredInstances.roleArns ?? [] },
    rootVolumeKmsKeyArn: given.rootVolumeKmsKeyArn,
    temporaryWorkerRoles: given.temporaryWorkerRoles === undefined ? undefined : resolveTemporaryRoles(given.temporaryWorkerRoles, given.applianceId),
    externalId: given.externalId,
    namePrefix: given.namePrefix ?? "holdfast",
    spot: given.spot ?? false,
    partition: given.partition ?? "aws",
  };
}
