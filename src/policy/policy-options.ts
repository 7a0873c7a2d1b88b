import { z } from "zod";
import { checkOptions } from "../options/check-options.js";
import { regionSchema, tagsSchema, withMethods } from "../options/schemas.js";
import type { CloudAccount, Tags } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import { WorkerPool, type Workers } from "../workers/index.js";

/**
 * What a policy takes or leaves: one instance with its volumes, one volume, or every instance and volume that carries all of
 * the tags, exactly (no wildcards).
 */
export type Selector = { readonly instance: string } | { readonly volume: string } | { readonly tag: Tags };

/** What is protected, to where, and how. */
export interface PolicyOptions {
  /**
   * Up to 100 letters, digits, spaces and `+ - = . _ : / @`. It is in the tags of the policy's snapshots: a policy that is
   * renamed no longer knows them.
   */
  readonly name: string;
  /** Whose instances and volumes these are: an `AwsAccount`. */
  readonly account: CloudAccount;
  /** Default: the account's own region. */
  readonly regions?: readonly string[] | undefined;
  readonly include: readonly Selector[];
  /** Wins over `include`. An excluded instance takes its volumes along. */
  readonly exclude?: readonly Selector[] | undefined;
  readonly snapshots?: SnapshotOptions | undefined;
  readonly backup: BackupOptions;
  /** Who moves the data. Default: `WorkerPool.inProcess()`. */
  readonly workers?: Workers | undefined;
  /** How often a failed resource is tried again, if its error says that this may help: 0 to 10. Default: 3. */
  readonly retries?: number | undefined;
}

/** What becomes of native snapshots after their backup. */
export interface SnapshotOptions {
  /**
   * Newest snapshots that are kept for each resource: 0 to 1,000. Default: 1. Whatever it says, the snapshots of the newest
   * restore point stay: the next increment is told from them.
   */
  readonly keep?: number | undefined;
}

/** Where the backups go. */
export interface BackupOptions {
  readonly repository: Repository;
  /** Unchanged blocks that each increment reads again to catch a wrong changed-block list: 0 to 10,000. Default: 8. */
  readonly auditBlocks?: number | undefined;
}

export interface ResolvedPolicyOptions {
  readonly name: string;
  readonly account: CloudAccount;
  readonly regions: readonly string[];
  readonly include: readonly Selector[];
  readonly exclude: readonly Selector[];
  readonly keepSnapshots: number;
  readonly repository: Repository;
  readonly auditBlocks: number | undefined;
  readonly workers: Workers;
  readonly retries: number;
}

/** EC2 reads `*`, `?` and `\` in a filter's value as wildcards: a name with them would find other policies' snapshots. */
const namePattern = /^[\p{L}\p{N} +\-=._:/@]{1,100}$/u;
const nameText = "must be a name of up to 100 letters, digits, spaces and + - = . _ : / @.";
const maxRetries = 10;
const maxKeep = 1_000;
const maxAuditBlocks = 10_000;

const wholeNumber = (most: number): z.ZodInt => {
  const text = `must be a whole number from 0 to ${String(most)}.`;
  return z.int({ error: text }).min(0, text).max(most, text);
};
const text = (pattern: RegExp, must: string): z.ZodString => z.string({ error: must }).regex(pattern, must);

const selectorText = 'must be one of { instance: "i-…" }, { volume: "vol-…" } and { tag: { key: "value" } }.';
const selectorSchema = z
  .strictObject(
    {
      instance: text(/^i-[0-9a-f]+$/, 'must be the id of an instance: "i-" and hexadecimal digits.').optional(),
      volume: text(/^vol-[0-9a-f]+$/, 'must be the id of a volume: "vol-" and hexadecimal digits.').optional(),
      tag: tagsSchema.optional(),
    },
    { error: (issue) => (issue.code === "invalid_type" ? selectorText : undefined) },
  )
  .refine((selector) => Object.values(selector).filter((value) => value !== undefined).length === 1, selectorText)
  .refine(({ tag }) => tag === undefined || Object.keys(tag).length > 0, { path: ["tag"], message: "must name at least one tag." })
  .transform(({ instance, volume, tag }): Selector => (instance !== undefined ? { instance } : volume !== undefined ? { volume } : { tag: tag ?? {} }));

const schema = z.strictObject({
  name: text(namePattern, nameText),
  account: withMethods<CloudAccount>(["accountId", "compute", "openSnapshotReader"], "must be an AwsAccount."),
  regions: z
    .array(regionSchema, { error: "must be a list of regions." })
    .min(1, "must name at least one region.")
    .refine((regions) => new Set(regions).size === regions.length, "must not name a region twice.")
    .optional(),
  include: z.array(selectorSchema, { error: `must be a list; each entry ${selectorText}` }).min(1, "must have at least one entry: a policy without selects nothing."),
  exclude: z.array(selectorSchema, { error: `must be a list; each entry ${selectorText}` }).optional(),
  snapshots: z.strictObject({ keep: wholeNumber(maxKeep).optional() }, { error: (issue) => (issue.code === "invalid_type" ? "must be an object { keep }." : undefined) }).optional(),
  backup: z.strictObject(
    {
      repository: withMethods<Repository>(["beginPoint", "restorePoints"], "must be a Repository, from Repository.create or Repository.open."),
      auditBlocks: wholeNumber(maxAuditBlocks).optional(),
    },
    { error: (issue) => (issue.code === "invalid_type" ? "must be an object { repository }." : undefined) },
  ),
  workers: withMethods<Workers>(["backUpVolume", "restoreBlocks"], "must be workers, from WorkerPool.inProcess().").optional(),
  retries: wholeNumber(maxRetries).optional(),
});

const defaultRetries = 3;
const defaultKeep = 1;

export function resolvePolicyOptions(options: PolicyOptions): ResolvedPolicyOptions {
  const given = checkOptions<PolicyOptions>(options, {
    of: "a policy",
    known: Object.keys(schema.shape),
    unsupported: ["schedule", "replicas", "archive", "backup.retention", "snapshots.schedule"],
    schema,
  });
  return {
    name: given.name,
    account: given.account,
    regions: given.regions ?? [given.account.region],
    include: given.include,
    exclude: given.exclude ?? [],
    keepSnapshots: given.snapshots?.keep ?? defaultKeep,
    repository: given.backup.repository,
    auditBlocks: given.backup.auditBlocks,
    workers: given.workers ?? WorkerPool.inProcess(),
    retries: given.retries ?? defaultRetries,
  };
}
