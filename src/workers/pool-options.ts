import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { invalidOption } from "../options/option-error.js";
import { regionSchema, tagsSchema, truth, withMethods } from "../options/schemas.js";
import type { Tags, WorkerAccount } from "../ports/index.js";
import { profilesSchema, resolveProfiles, type ProfileOptions, type ResolvedProfiles } from "./profiles/profile-options.js";
import { keyArnSchema, resolveTemporaryRoles, temporaryRolesSchema, type ResolvedTemporaryRoles, type TemporaryRoleOptions } from "./roles/temporary-role-options.js";
import { checkTagTemplates, type TagTemplates } from "./tags/tag-templates.js";

/** Where workers are in a region. What is left out is the default VPC's. */
export interface WorkerNetwork {
  readonly vpcId?: string | undefined;
  /** The one with the most free addresses is taken. */
  readonly subnetIds: readonly string[];
  /** Default: the VPC's default group. Nothing needs to come in; port 443 must go out. */
  readonly securityGroupIds?: readonly string[] | undefined;
}

/** A pool of workers on EC2. */
export interface WorkerPoolOptions {
  /** The account in which workers run: an `AwsAccount`. */
  readonly account: WorkerAccount;
  /** A bucket of that account, in which engine and workers meet. */
  readonly configurationBucket: string;
  /** Under which prefix of it. Default: `holdfast`. */
  readonly configurationPrefix?: string | undefined;
  /** The bucket's region. Default: the account's. */
  readonly configurationRegion?: string | undefined;
  /** The identity of this embedding of the engine: 1 to 64 letters, digits, `.`, `_`, `-`. Only what carries it is ever reaped. */
  readonly applianceId: string;
  /** The data movers, as `npx holdfast-bundle` makes them: a file for each architecture in use. */
  readonly bundles: { readonly x64?: string | undefined; readonly arm64?: string | undefined };
  /** The instance profile of workers, by name or ARN. Default: `holdfast-worker`. */
  readonly instanceProfile?: string | undefined;
  /**
   * A role for each worker, in place of the one instance profile: made with it, held to what its tasks are about, removed with it. The engine's role must be allowed to make them
   * (`iamPolicies({ temporaryWorkerRoles })`); a permissions boundary keeps that from being more than it seems. Default: none are made. `{}` makes them with the defaults.
   */
  readonly temporaryRoles?: TemporaryRoleOptions | undefined;
  readonly profiles?: ProfileOptions | undefined;
  /**
   * By what a backup's worker is sized: `volume`, its volume's size, or `changes`, what it will read: the blocks that changed, or hold data. Those are counted by
   * listing them, which costs about $0.0006 for each TiB of changes, and the policy's account must allow it. Default: `volume`.
   */
  readonly sizeBy?: "volume" | "changes" | undefined;
  /** Graviton types where `profiles` names none. Default: false. */
  readonly graviton?: boolean | undefined;
  /**
   * `prefer`: the spot market first, on demand where it has no place, and for a task from whose workers EC2 has taken two machines back; `only`: nothing else. A worker that is given
   * notice writes down how far it has come, and the one that takes its place goes on from there. Default: `never`.
   */
  readonly spot?: "never" | "prefer" | "only" | undefined;
  /** Tags of instances, volumes, network interfaces, and of the snapshots that policies take and restores write on the way where they run here, at most 44, with `%applianceId%`, `%policyId%`, `%policyName%`, `%sessionId%`, `%resourceId%` and `%region%` in their values. */
  readonly tags?: Tags | undefined;
  /** By region. Default: the region's default VPC. */
  readonly networks?: Readonly<Record<string, WorkerNetwork>> | undefined;
  /** No public addresses: all that workers need must be reached through endpoints or a NAT. Default: false. */
  readonly privateNetworking?: boolean | undefined;
  /** Workers at the same time: 1 to 1,000. Default: 8. */
  readonly maxWorkers?: number | undefined;
  /** The same, in one region. Default: `maxWorkers`. */
  readonly maxWorkersPerRegion?: number | undefined;
  /** The same, for one policy. Default: `maxWorkers`. */
  readonly maxWorkersPerPolicy?: number | undefined;
  /** After this long a task is stopped and its worker ended: 1 to 10,080. Default: 2,880 (two days; 64 TiB take a day and a half at the most that EBS gives). */
  readonly taskTimeoutMinutes?: number | undefined;
  /** How a worker comes by a repository's key: sealed to the worker's own key pair, or through KMS by the worker's role. Default: `sealed`. */
  readonly repositoryKey?: "sealed" | { readonly kmsKeyId: string } | undefined;
  /** The ARN of the KMS key of workers' root volumes, which are encrypted in any case. Default: the account's own for EBS. */
  readonly rootVolumeKmsKeyArn?: string | undefined;
}

export interface ResolvedPoolOptions {
  readonly account: WorkerAccount;
  readonly configurationBucket: string;
  readonly configurationPrefix: string;
  readonly configurationRegion: string;
  readonly applianceId: string;
  readonly bundles: { readonly x64?: string | undefined; readonly arm64?: string | undefined };
  readonly instanceProfile: string;
  readonly temporaryRoles: ResolvedTemporaryRoles | undefined;
  readonly profiles: ResolvedProfiles;
  readonly sizeBy: "volume" | "changes";
  readonly spot: "never" | "prefer" | "only";
  readonly tags: TagTemplates;
  readonly networks: Readonly<Record<string, WorkerNetwork>>;
  readonly privateNetworking: boolean;
  readonly maxWorkers: number;
  readonly maxWorkersPerRegion: number;
  readonly maxWorkersPerPolicy: number;
  readonly taskTimeoutMs: number;
  readonly kmsKeyId: string | undefined;
  readonly rootVolumeKmsKeyArn: string | undefined;
}

const text = (pattern: RegExp, must: string): z.ZodString => z.string({ error: must }).regex(pattern, must);
const wholeNumber = (most: number): z.ZodOptional<z.ZodInt> => {
  const must = `must be a whole number from 1 to ${most.toLocaleString("en")}.`;
  return z.int({ error: must }).min(1, must).max(most, must).optional();
};
const file = z.string({ error: "must be the path of a bundle's file." }).min(1, "must be the path of a bundle's file.").optional();
const mostWorkers = 1_000;

const networkSchema = z.strictObject({
  vpcId: text(/^vpc-[0-9a-f]+$/, 'must be the id of a VPC: "vpc-" and hexadecimal digits.').optional(),
  subnetIds: z.array(text(/^subnet-[0-9a-f]+$/, 'must be the id of a subnet: "subnet-" and hexadecimal digits.'), { error: "must be a list of subnets' ids." }).min(1, "must name at least one subnet."),
  securityGroupIds: z.array(text(/^sg-[0-9a-f]+$/, 'must be the id of a security group: "sg-" and hexadecimal digits.'), { error: "must be a list of security groups' ids." }).max(5, "may name at most 5 groups, as many as an interface takes.").optional(),
});

const schema = z.strictObject({
  account: withMethods<WorkerAccount>(["accountId", "workerCompute"], "must be an AwsAccount."),
  configurationBucket: text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of a bucket."),
  configurationPrefix: text(/^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/, 'must be parts of letters, digits, ".", "_" and "-", joined by "/".').max(200, "may have at most 200 characters.").optional(),
  configurationRegion: regionSchema.optional(),
  applianceId: text(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits, dots, underscores and hyphens."),
  bundles: z.strictObject({ x64: file, arm64: file }, { error: (issue) => (issue.code === "invalid_type" ? "must be an object { x64?, arm64? } with the paths of the data movers' bundles." : undefined) }),
  instanceProfile: text(/^(?:arn:aws[a-z-]*:iam::\d{12}:instance-profile\/)?[\w+=,.@/-]{1,128}$/, "must be the name or the ARN of an instance profile.").optional(),
  temporaryRoles: temporaryRolesSchema.optional(),
  profiles: profilesSchema.optional(),
  sizeBy: z.enum(["volume", "changes"], { error: 'must be "volume" or "changes".' }).optional(),
  graviton: truth,
  spot: z.enum(["never", "prefer", "only"], { error: 'must be "never", "prefer" or "only".' }).optional(),
  tags: tagsSchema.optional(),
  networks: z.record(regionSchema, networkSchema).optional(),
  privateNetworking: truth,
  maxWorkers: wholeNumber(mostWorkers),
  maxWorkersPerRegion: wholeNumber(mostWorkers),
  maxWorkersPerPolicy: wholeNumber(mostWorkers),
  taskTimeoutMinutes: wholeNumber(10_080),
  repositoryKey: z.union([z.literal("sealed"), z.strictObject({ kmsKeyId: z.string().min(1) })], { error: 'must be "sealed" or { kmsKeyId }.' }).optional(),
  rootVolumeKmsKeyArn: keyArnSchema.optional(),
});

const defaultMaxWorkers = 8;
const defaultTaskMinutes = 2_880;

/** Fills in the defaults; raises `ConfigurationError` naming the path. Calls nothing. */
export function resolvePoolOptions(options: WorkerPoolOptions): ResolvedPoolOptions {
  const given = checkOptions<WorkerPoolOptions>(options, { of: "a worker pool", schema });
  const { account, maxWorkers = defaultMaxWorkers, repositoryKey = "sealed", privateNetworking = false, networks = {} } = given;
  if (privateNetworking && Object.keys(networks).length === 0) {
    throw invalidOption("networks", networks, "must name the private subnets of each region in use, where privateNetworking is true: a default VPC has public ones. createNetwork() makes them.");
  }
  if (given.temporaryRoles !== undefined && given.instanceProfile !== undefined) {
    throw invalidOption("instanceProfile", given.instanceProfile, "must be left out where temporaryRoles is given: each worker has an instance profile of its own then.");
  }
  if (given.temporaryRoles !== undefined && repositoryKey !== "sealed" && !keyArnSchema.safeParse(repositoryKey.kmsKeyId).success) {
    throw invalidOption("repositoryKey.kmsKeyId", repositoryKey.kmsKeyId, "must be the key's ARN where temporaryRoles is given, since a worker's role names it.");
  }
  return {
    account,
    configurationBucket: given.configurationBucket,
    configurationPrefix: given.configurationPrefix ?? "holdfast",
    configurationRegion: given.configurationRegion ?? account.region,
    applianceId: given.applianceId,
    bundles: given.bundles,
    instanceProfile: given.instanceProfile ?? "holdfast-worker",
    temporaryRoles: given.temporaryRoles === undefined ? undefined : resolveTemporaryRoles(given.temporaryRoles, given.applianceId),
    profiles: resolveProfiles(given.profiles, given.graviton),
    sizeBy: given.sizeBy ?? "volume",
    spot: given.spot ?? "never",
    tags: checkTagTemplates(given.tags ?? {}),
    networks,
    privateNetworking,
    maxWorkers,
    maxWorkersPerRegion: given.maxWorkersPerRegion ?? maxWorkers,
    maxWorkersPerPolicy: given.maxWorkersPerPolicy ?? maxWorkers,
    taskTimeoutMs: (given.taskTimeoutMinutes ?? defaultTaskMinutes) * 60_000,
    kmsKeyId: repositoryKey === "sealed" ? undefined : repositoryKey.kmsKeyId,
    rootVolumeKmsKeyArn: given.rootVolumeKmsKeyArn,
  };
}
