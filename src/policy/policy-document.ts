import type { z } from "zod";
import { checkOptions } from "../options/check-options.js";
import { optionError } from "../options/option-error.js";
import type { CloudAccount, Notifier } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import type { RetentionOptions } from "../retention/retention-options.js";
import type { ScheduleOptions } from "../schedule/schedule-options.js";
import type { RunLimits } from "../transfer/run-pace.js";
import type { Workers } from "../workers/index.js";
import type { ComplianceOptions } from "./compliance/compliance-options.js";
import { policyDocumentSchema } from "./policy-document-schema.js";
import type { AlertOptions, ArchiveOptions, HookOptions, NotifyOptions, PolicyOptions, ReplicaOptions, ResolvedPolicyOptions, SessionsOptions, SnapshotOptions } from "./policy-options.js";
import type { Selector } from "./selection/selector.js";
import type { PolicyVerifyOptions } from "./verify/verify-policy-options.js";

/** What the names in a policy's JSON stand for. */
export interface PolicyReferences {
  readonly accounts: Readonly<Record<string, CloudAccount>>;
  readonly repositories: Readonly<Record<string, Repository>>;
  readonly workers?: Readonly<Record<string, Workers>> | undefined;
  readonly hooks?: Readonly<Record<string, HookOptions>> | undefined;
  readonly notifiers?: Readonly<Record<string, Notifier>> | undefined;
}

/** A policy as JSON: its options, with names in place of accounts, repositories, workers, hooks and notifiers. `policyJsonSchema` has its schema. */
export interface PolicyDocument {
  readonly version: 1;
  readonly name: string;
  /** A name among `references.accounts`. Either this or `accounts`. */
  readonly account?: string | undefined;
  readonly accounts?: readonly { readonly account: string; readonly regions?: readonly string[] | undefined }[] | undefined;
  readonly regions?: readonly string[] | undefined;
  readonly include: readonly Selector[];
  readonly exclude?: readonly Selector[] | undefined;
  readonly schedule?: ScheduleOptions | undefined;
  readonly snapshots?: SnapshotOptions | undefined;
  readonly replicas?: readonly (Omit<ReplicaOptions, "account"> & { readonly account?: string | undefined })[] | undefined;
  readonly backup: { readonly repository: string; readonly retention?: RetentionOptions | undefined; readonly limits?: RunLimits | undefined; readonly auditBlocks?: number | undefined };
  readonly archive?: { readonly repository: string; readonly retention?: RetentionOptions | undefined; readonly flags?: ArchiveOptions["flags"] } | undefined;
  readonly verify?: PolicyVerifyOptions | undefined;
  readonly hooks?: string | undefined;
  readonly workers?: string | undefined;
  readonly retries?: number | undefined;
  readonly compliance?: ComplianceOptions | undefined;
  readonly alerts?: AlertOptions | undefined;
  /** Names among `references.notifiers`: what they need (passwords, keys) is in no JSON. */
  readonly notify?: readonly (Omit<NotifyOptions, "notifier"> & { readonly notifier: string })[] | undefined;
  readonly sessions?: SessionsOptions | undefined;
  readonly parallel?: number | undefined;
}

/** A policy's JSON: what was resolved, so that two policies that mean the same have the same. Without a name for it, a repository is called by where it lies. */
export function policyDocument(options: ResolvedPolicyOptions, references: Partial<PolicyReferences>): PolicyDocument {
  const nameOf = <Thing>(thing: Thing, named: Readonly<Record<string, Thing>> | undefined, otherwise: string): string => Object.entries(named ?? {}).find(([, candidate]) => candidate === thing)?.[0] ?? otherwise;
  const accountName = (account: CloudAccount): string => nameOf(account, references.accounts, account === options.accounts[0]?.account ? "default" : "other");
  const repositoryName = (repository: Repository): string => nameOf(repository, references.repositories, repository.location);
  const { archive, hooks, workers } = options;
  const named = Object.entries(references.workers ?? {}).find(([, candidate]) => candidate === workers)?.[0];
  const hookName = hooks.before === undefined && hooks.after === undefined ? undefined : (Object.entries(references.hooks ?? {}).find(([, { before, after }]) => before === hooks.before && after === hooks.after)?.[0] ?? "hooks");
  return JSON.parse(
    JSON.stringify({
      version: 1,
      name: options.name,
      ...(options.hasAccountList ? { accounts: options.accounts.map(({ account, regions }) => ({ account: accountName(account), regions })) } : { account: options.accounts.map(({ account }) => accountName(account))[0], regions: options.regions }),
      include: options.include,
      ...(options.exclude.length > 0 && { exclude: options.exclude }),
      schedule: options.schedule?.options,
      snapshots: { keep: options.keepSnapshots, lock: options.lockSnapshots },
      ...(options.replicas.length > 0 && { replicas: options.replicas.map(({ region, keep, account, kmsKeyId, tags, lock }) => ({ region, keep, ...(account !== undefined && { account: accountName(account) }), kmsKeyId, ...(Object.keys(tags).length > 0 && { tags }), lock })) }),
      backup: { repository: repositoryName(options.repository), retention: options.retention?.options, limits: options.limits, auditBlocks: options.auditBlocks },
      archive: archive && { repository: repositoryName(archive.repository), retention: archive.retention?.options, flags: [...archive.flags] },
      verify: options.verify?.options,
      hooks: hookName,
      workers: named,
      retries: options.retries,
      compliance: options.compliance,
      alerts: { missedAfterMinutes: options.alerts.missedAfterMs / 60_000, ...(options.alerts.maxPointAgeMs !== undefined && { pointOlderThanHours: options.alerts.maxPointAgeMs / 3_600_000 }) },
      ...(options.notify.length > 0 && { notify: options.notify.map(({ notifier, on }) => ({ notifier: nameOf(notifier, references.notifiers, notifier.destination), on: [...on] })) }),
      sessions: { keepDays: options.keepSessionDays },
      parallel: options.parallel,
    }),
  ) as PolicyDocument;
}

/** Checks a policy's JSON and puts what the names stand for in their place. */
export function readPolicyDocument(document: unknown, references: PolicyReferences): PolicyOptions {
  const { version: _, ...given } = checkOptions<PolicyDocument>(document, { of: "a policy's JSON", schema: policyDocumentSchema as unknown as z.ZodType<PolicyDocument> });
  const find = <Thing>(named: Readonly<Record<string, Thing>> | undefined, name: string, path: string): Thing => {
    const found = Object.hasOwn(named ?? {}, name) ? named?.[name] : undefined;
    if (found !== undefined) return found;
    const known = Object.keys(named ?? {});
    throw optionError(path, `names "${name}", which is not among the references: ${known.length === 0 ? "there are none" : known.join(", ")}.`);
  };
  const repository = (name: string, path: string): Repository => find(references.repositories, name, path);
  const account = (name: string, path: string): CloudAccount => find(references.accounts, name, path);
  return {
    ...given,
    account: given.account === undefined ? undefined : account(given.account, "account"),
    accounts: given.accounts?.map((one, index) => ({ ...one, account: account(one.account, `accounts[${String(index)}].account`) })),
    replicas: given.replicas?.map((replica, index) => ({ ...replica, account: replica.account === undefined ? undefined : account(replica.account, `replicas[${String(index)}].account`) })),
    backup: { ...given.backup, repository: repository(given.backup.repository, "backup.repository") },
    archive: given.archive && { ...given.archive, repository: repository(given.archive.repository, "archive.repository") },
    notify: given.notify?.map(({ notifier, on }, index) => ({ notifier: find(references.notifiers, notifier, `notify[${String(index)}].notifier`), on })),
    hooks: given.hooks === undefined ? undefined : find(references.hooks, given.hooks, "hooks"),
    workers: given.workers === undefined ? undefined : find(references.workers, given.workers, "workers"),
  };
}
