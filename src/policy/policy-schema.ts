import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { inlineSchema } from "../options/json-schema.js";
import { optionError } from "../options/option-error.js";
import { regionSchema, tagsSchema, withMethods } from "../options/schemas.js";
import { wholeNumberFromTo as wholeNumber } from "../options/whole-number.js";
import type { CloudAccount, Notifier } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import { retentionSchema, type RetentionOptions } from "../retention/retention-options.js";
import type { Retention } from "../retention/retention.js";
import { scheduleSchema } from "../schedule/schedule-options.js";
import type { Workers } from "../workers/index.js";
import { complianceSchema } from "./compliance/compliance-options.js";
import type { HookOptions, NotifyOccasion, PolicyAccountOptions, PolicyOptions, ResolvedAccount } from "./policy-options.js";
import { verifyPolicySchema } from "./verify/verify-policy-options.js";
import { selectorSchema, selectorText } from "./selection/selector-schema.js";

/** EC2 reads `*`, `?` and `\` in a filter's value as wildcards: a name with them would find other policies' snapshots. */
const namePattern = /^[\p{L}\p{N} +\-=._:/@]{1,100}$/u;
const nameText = "must be a name of up to 100 letters, digits, spaces and + - = . _ : / @.";
const maxRetries = 10;
const maxKeep = 1_000;
const maxAuditBlocks = 10_000;
const maxParallel = 64;
/** EC2's bounds: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html. */
const maxLockDays = 36_500;
const maxCoolOffHours = 72;
const maxSessionDays = 36_500;
const maxHookSeconds = 86_400;
const maxMissedMinutes = 10_080;
const maxPointAgeHours = 87_600;

const occasions = ["succeeded", "partial", "failed", "aborted", "alert"] as const satisfies readonly NotifyOccasion[];

const part = (text: string): { error: (issue: { readonly code: string }) => string | undefined } => ({ error: (issue) => (issue.code === "invalid_type" ? text : undefined) });

const accountSchema = withMethods<CloudAccount>(["accountId", "compute", "openSnapshotReader"], "must be an AwsAccount.");
const repositorySchema = withMethods<Repository>(["beginPoint", "restorePoints", "sessions"], "must be a Repository, from Repository.create or Repository.open.");
const hookSchema = z.custom<NonNullable<HookOptions["before"]>>((value) => typeof value === "function", "must be a function.");

/** A `Retention`, or its rules: not a union, whose message would hide which of them is wrong. */
const retentionOrRules = z.unknown().transform((given, context): Retention | RetentionOptions => {
  if (typeof given === "object" && given !== null && "plan" in given && typeof given.plan === "function") return given as Retention;
  const parsed = retentionSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    if (issue.code === "invalid_type" && issue.path.length === 0) context.issues.push({ code: "custom", message: "must be a Retention, or its rules.", input: given, path: [] });
    else context.issues.push({ ...issue, input: given } as never);
  }
  return z.NEVER;
}).meta(inlineSchema(retentionSchema));

const selectorsText = `must be a list; each entry ${selectorText}`;

const limitsSchema = z.strictObject({ maxBlocksPerSecond: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(), maxBytesPerSecond: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional() }, part("must be an object { maxBlocksPerSecond, maxBytesPerSecond }."));

const regionsSchema = z
  .array(regionSchema, { error: "must be a list of regions." })
  .min(1, "must name at least one region.")
  .refine((regions) => new Set(regions).size === regions.length, "must not name a region twice.");

const lockSchema = z
  .strictObject(
    { mode: z.enum(["governance", "compliance"], { error: 'must be "governance" or "compliance".' }), days: wholeNumber(1, maxLockDays), coolOffHours: wholeNumber(1, maxCoolOffHours).optional() },
    part("must be an object { mode, days }."),
  )
  .refine(({ mode, coolOffHours }) => coolOffHours === undefined || mode === "compliance", { path: ["coolOffHours"], message: 'is for the mode "compliance" alone: who may can unlock the other at any time.' });

export const policySchema = z.strictObject({
  name: z.string({ error: nameText }).regex(namePattern, nameText),
  account: accountSchema.optional(),
  accounts: z.array(z.strictObject({ account: accountSchema, regions: regionsSchema.optional() }, part("must be an object { account, regions }.")), { error: "must be a list of accounts." }).min(1, "must name at least one account.").optional(),
  regions: regionsSchema.optional(),
  include: z.array(selectorSchema, { error: selectorsText }).min(1, "must have at least one entry: a policy without selects nothing."),
  exclude: z.array(selectorSchema, { error: selectorsText }).optional(),
  schedule: scheduleSchema.optional(),
  snapshots: z.strictObject({ keep: wholeNumber(0, maxKeep).optional(), lock: lockSchema.optional() }, part("must be an object { keep, lock }.")).optional(),
  replicas: z
    .array(z.strictObject({ region: regionSchema, keep: wholeNumber(1, maxKeep), account: accountSchema.optional(), kmsKeyId: z.string({ error: "must be the id, ARN or alias of a KMS key." }).min(1).optional(), tags: tagsSchema.optional(), lock: lockSchema.optional() }, part("must be an object { region, keep }.")), {
      error: "must be a list of replicas.",
    })
    .optional(),
  backup: z.strictObject({ repository: repositorySchema, retention: retentionOrRules.optional(), auditBlocks: wholeNumber(0, maxAuditBlocks).optional(), limits: limitsSchema.optional() }, part("must be an object { repository }.")),
  archive: z
    .strictObject(
      { repository: repositorySchema, retention: retentionOrRules.optional(), flags: z.array(z.enum(["daily", "weekly", "monthly", "yearly"], { error: "must be daily, weekly, monthly or yearly." }), { error: "must be a list of flags." }).min(1, "must name at least one flag.").optional() },
      part("must be an object { repository, retention }."),
    )
    .optional(),
  verify: verifyPolicySchema.optional(),
  hooks: z
    .strictObject(
      { before: hookSchema.optional(), after: hookSchema.optional(), timeoutSeconds: wholeNumber(1, maxHookSeconds).optional(), onFailure: z.enum(["fail", "continue"], { error: 'must be "fail" or "continue".' }).optional() },
      part("must be an object { before, after }."),
    )
    .optional(),
  workers: withMethods<Workers>(["backUpVolume", "restoreBlocks"], "must be workers, from WorkerPool.inProcess().").optional(),
  retries: wholeNumber(0, maxRetries).optional(),
  compliance: complianceSchema.optional(),
  alerts: z.strictObject({ missedAfterMinutes: wholeNumber(1, maxMissedMinutes).optional(), pointOlderThanHours: wholeNumber(1, maxPointAgeHours).optional() }, part("must be an object { missedAfterMinutes, pointOlderThanHours }.")).optional(),
  notify: z
    .array(
      z.strictObject(
        { notifier: withMethods<Notifier>(["notify"], "must be a notifier, like a WebhookNotifier or an EmailNotifier."), on: z.array(z.enum(occasions, { error: `must be one of ${occasions.join(", ")}.` }), { error: "must be a list of occasions." }).min(1, "must name at least one occasion.").optional() },
        part("must be an object { notifier, on }."),
      ),
      { error: "must be a list of notifiers with their occasions." },
    )
    .optional(),
  sessions: z.strictObject({ keepDays: wholeNumber(1, maxSessionDays).optional() }, part("must be an object { keepDays }.")).optional(),
  parallel: wholeNumber(1, maxParallel).optional(),
});

/** Checks each option, then what they say together. */
export function checkPolicyOptions(options: PolicyOptions): PolicyOptions {
  const given = checkOptions<PolicyOptions>(options, { of: "a policy", unsupported: ["snapshots.schedule"], schema: policySchema });
  if (given.accounts === undefined && given.account === undefined) throw optionError("account", 'must be an AwsAccount; several are named in "accounts" in its place. It is missing.');
  if (given.accounts !== undefined && given.account !== undefined) throw optionError("accounts", 'must not be given beside "account": make that one of them.');
  const accounts = accountsOf(given);
  for (const [index, { account }] of accounts.entries()) if (accounts.findIndex((other) => other.account === account) !== index) throw optionError(`accounts[${String(index)}].account`, "must not be named twice: name all of its regions in one place.");
  const regions = accounts.flatMap((place) => place.regions);
  for (const list of ["include", "exclude"] as const) {
    for (const [index, selector] of (given[list] ?? []).entries()) {
      if ("region" in selector && !regions.includes(selector.region)) throw optionError(`${list}[${String(index)}].region`, `must be one of the policy's regions: ${regions.join(", ")}. It is "${selector.region}".`);
    }
  }
  checkReplicas(given, accounts);
  if (given.archive !== undefined) checkArchive(given, given.archive);
  return given;
}

/** The accounts of a policy with the regions that are meant. */
export function accountsOf({ account, accounts, regions }: Pick<PolicyOptions, "account" | "accounts" | "regions">): ResolvedAccount[] {
  const given = accounts ?? (account === undefined ? [] : [{ account }]);
  return given.map((one: PolicyAccountOptions) => ({ account: one.account, regions: one.regions ?? regions ?? [one.account.region] }));
}

/** No replica may lie where its source does, nor two of one resource in the same place. */
function checkReplicas({ replicas = [] }: PolicyOptions, accounts: readonly ResolvedAccount[]): void {
  // without an account, a replica is in each of the policy's own
  const of = (account: CloudAccount | undefined): readonly CloudAccount[] => (account === undefined ? accounts.map((one) => one.account) : [account]);
  const places = new Map<string, CloudAccount[]>();
  for (const [index, { region, account }] of replicas.entries()) {
    const targets = of(account);
    if (accounts.some((one) => targets.includes(one.account) && one.regions.includes(region))) throw optionError(`replicas[${String(index)}].region`, `must not be a region of the policy itself, unless the replica is another account's. It is "${region}".`);
    const there = places.get(region) ?? [];
    if (targets.some((target) => there.includes(target))) throw optionError(`replicas[${String(index)}]`, `must not be the second in one region and account. It is in "${region}".`);
    places.set(region, [...there, ...targets]);
  }
}

function checkArchive({ backup }: PolicyOptions, { repository, flags }: NonNullable<PolicyOptions["archive"]>): void {
  if (repository.id === backup.repository.id) throw optionError("archive.repository", "must be another repository than that of the backup.");
  const rules = backup.retention === undefined ? {} : "plan" in backup.retention ? backup.retention.options : backup.retention;
  const missing = (flags ?? []).find((flag) => rules[flag] === undefined);
  if (missing !== undefined) throw optionError("archive.flags", `names "${missing}", a flag that backup.retention does not give. Add that rule, or leave the flag out.`);
  if (flags === undefined && rules.monthly === undefined && rules.yearly === undefined) throw optionError("archive", "copies the points with monthly and yearly flags, which backup.retention does not give. Add such a rule, or name other flags in archive.flags.");
}
