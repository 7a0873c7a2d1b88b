import type { RetentionFlag } from "../retention/retention-plan.js";
import type { RetentionOptions } from "../retention/retention-options.js";
import { Retention } from "../retention/retention.js";
import { Schedule } from "../schedule/schedule.js";
import { verificationsOf } from "./verify/verify-policy-options.js";
import { WorkerPool } from "../workers/index.js";
import type { NotifyOccasion, PolicyOptions, ResolvedPolicyOptions } from "./policy-options.js";
import { accountsOf, checkPolicyOptions } from "./policy-schema.js";
import { retentionDefaults } from "./retention-defaults.js";

const defaultRetries = 3;
const defaultKeep = 1;
const defaultParallel = 8;
const defaultSessionDays = 365;
const defaultHookTimeoutSeconds = 60;
const defaultMissedMinutes = 60;
const defaultOccasions: readonly NotifyOccasion[] = ["alert"];
const defaultArchiveFlags: readonly RetentionFlag[] = ["monthly", "yearly"];

export function resolvePolicyOptions(options: PolicyOptions): ResolvedPolicyOptions {
  const given = checkPolicyOptions(options);
  const defaults = retentionDefaults(given.schedule);
  const retentionOf = (retention: Retention | RetentionOptions | undefined): Retention | undefined => retention && ("plan" in retention ? retention : new Retention(retention)).withDefaults(defaults);
  const retention = retentionOf(given.backup.retention);
  const { archive, hooks } = given;
  const accounts = accountsOf(given);
  return {
    name: given.name,
    accounts,
    hasAccountList: given.accounts !== undefined,
    regions: [...new Set(accounts.flatMap(({ regions }) => regions))],
    homeRegion: accounts[0]?.account.region ?? "",
    include: given.include,
    exclude: given.exclude ?? [],
    schedule: given.schedule && new Schedule(given.schedule, given.name),
    keepSnapshots: given.snapshots?.keep ?? defaultKeep,
    lockSnapshots: given.snapshots?.lock,
    replicas: (given.replicas ?? []).map(({ region, keep, account, kmsKeyId, tags, lock }) => ({ region, keep, account, kmsKeyId, tags: tags ?? {}, lock })),
    repository: given.backup.repository,
    retention,
    archive: archive && { repository: archive.repository, retention: retentionOf(archive.retention), flags: new Set(archive.flags ?? defaultArchiveFlags.filter((flag) => retention?.options[flag] !== undefined)) },
    verify: given.verify && { options: given.verify, schedule: given.verify.schedule && new Schedule(given.verify.schedule, verificationsOf(given.name)) },
    hooks: { before: hooks?.before, after: hooks?.after, timeoutMs: (hooks?.timeoutSeconds ?? defaultHookTimeoutSeconds) * 1_000, onFailure: hooks?.onFailure ?? "fail" },
    limits: given.backup.limits,
    auditBlocks: given.backup.auditBlocks,
    workers: given.workers ?? WorkerPool.inProcess(),
    retries: given.retries ?? defaultRetries,
    parallel: given.parallel ?? defaultParallel,
    compliance: given.compliance,
    alerts: { missedAfterMs: (given.alerts?.missedAfterMinutes ?? defaultMissedMinutes) * 60_000, maxPointAgeMs: given.alerts?.pointOlderThanHours === undefined ? undefined : given.alerts.pointOlderThanHours * 3_600_000 },
    notify: (given.notify ?? []).map(({ notifier, on }) => ({ notifier, on: new Set(on ?? defaultOccasions) })),
    keepSessionDays: given.sessions?.keepDays ?? defaultSessionDays,
  };
}
