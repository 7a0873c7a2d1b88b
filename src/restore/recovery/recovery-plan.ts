import { inspect } from "node:util";
import { createHash } from "node:crypto";
import { ConfigurationError, NotFoundError } from "../../errors/index.js";
import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { regionSchema, signalSchema, truth, withMethods } from "../../options/schemas.js";
import type { CallOptions, InstanceAccount } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import { ownSignal, resolveEnvironment, Session, type EngineEnvironment, type EventOf } from "../../session/index.js";
import type { InstanceRestoreOptions } from "../instance/instance-options.js";
import { readRecoveryDocument, type RecoveryPlanDocument, type RecoveryStep } from "./recovery-document.js";
import type { RecoveryCheck, RecoveryDryRun, RecoveryEvents, RecoveryPlace, RecoveryPlanOptions, RecoveryRecord, RecoveryRunOptions, RecoveryStepRecord } from "./recovery-options.js";
import { runSteps } from "./run-steps.js";
import { optionsIn } from "./recovery-target.js";

const optionsSchema = z.strictObject({
  restore: withMethods<RecoveryPlanOptions["restore"]>(["instance", "planInstance"], "must be a Restore."),
  repository: withMethods<Repository>(["restorePoint", "restorePoints"], "must be a Repository, from Repository.create or Repository.open."),
  account: withMethods<InstanceAccount>(["accountId", "instanceCompute"], "must be an AwsAccount."),
  checks: z.record(z.string(), z.custom<RecoveryCheck>((value) => typeof value === "function", "must be a function.")).optional(),
});
const runSchema = z.strictObject({
  region: regionSchema,
  takeOver: truth,
  signal: signalSchema,
  record: z.custom<RecoveryRecord>((value) => typeof value === "object" && value !== null && "version" in value && value.version === 1 && "steps" in value && Array.isArray(value.steps), "must be the record of a run.").optional(),
  onRecord: z.custom<NonNullable<RecoveryRunOptions["onRecord"]>>((value) => typeof value === "function", "must be a function.").optional(),
});

/**
 * Several instances that are restored in an order, as code: a JSON document with steps, what each comes after and waits for, and what subnets, groups,
 * keys and types are in each target. A wrong document is a `ConfigurationError` that names the path, also where steps wait for one another in a circle.
 *
 * @example
 * const plan = new RecoveryPlan(JSON.parse(text), { restore, repository, account, checks: { port: ({ instance, parameters }) => isOpen(instance.privateIp, parameters.port) } });
 * console.log(await plan.plan({ region: "eu-north-1" }));
 * const record = await plan.run({ region: "eu-north-1", onRecord: save });
 */
export class RecoveryPlan {
  /** The document, as it was given. */
  readonly document: RecoveryPlanDocument;
  readonly #ordered: readonly RecoveryStep[];
  readonly #options: RecoveryPlanOptions;
  readonly #environment: EngineEnvironment;

  constructor(document: RecoveryPlanDocument, options: RecoveryPlanOptions, environment: Partial<EngineEnvironment> = {}) {
    this.#options = checkOptions<RecoveryPlanOptions>(options, { of: "a recovery plan", schema: optionsSchema });
    const read = readRecoveryDocument(document, new Set(Object.keys(this.#options.checks ?? {})));
    this.document = read.document;
    this.#ordered = read.ordered;
    this.#environment = resolveEnvironment(environment);
  }

  /** The dry run: what each step would make in a region of the account, in their order, and what is missing for it. Changes nothing. */
  async plan(place: RecoveryPlace): Promise<RecoveryDryRun> {
    const { region, signal } = checkOptions<RecoveryRunOptions>(place, { of: "a dry run", schema: runSchema.omit({ record: true, takeOver: true, onRecord: true }) });
    const call = { signal };
    const accountId = await this.#options.account.accountId(call);
    const steps: RecoveryDryRun["steps"][number][] = [];
    for (const step of this.#ordered) {
      const point = await this.#pointOf(step, call);
      steps.push({ name: step.name, after: step.after ?? [], restore: await this.#options.restore.planInstance(point, { ...this.#toOf(step, point, { accountId, region }), signal }) });
    }
    const readyAt = new Map<string, number>();
    for (const { name, after, restore } of steps) readyAt.set(name, Math.max(0, ...after.map((other) => readyAt.get(other) ?? 0)) + restore.estimate.seconds);
    return {
      plan: this.document.name,
      accountId,
      region,
      steps,
      isPossible: steps.every(({ restore }) => restore.findings.every(({ severity }) => severity !== "error")),
      isAtMost: steps.some(({ restore }) => restore.estimate.isAtMost),
      restoreCost: steps.reduce((sum, { restore }) => sum + restore.estimate.restoreCost, 0),
      seconds: Math.max(...readyAt.values()),
    };
  }

  /**
   * Restores the instances, each as soon as those before it are ready. What depends on a step that failed is skipped, the rest is carried out, and the session
   * is rejected with a `PartialFailureError`. With `record` a run that was cut short is gone on with: from the restore points that it had chosen, with
   * nothing made twice.
   */
  run(options: RecoveryRunOptions): Session<RecoveryRecord, EventOf<RecoveryEvents>> {
    const wanted = checkOptions<RecoveryRunOptions>(options, { of: "a recovery plan's run", schema: runSchema.refine(({ record, takeOver }) => takeOver !== true || record !== undefined, { path: ["takeOver"], message: "needs the record of the run that is taken over. Give it in \"record\", or leave takeOver out." }) });
    return Session.start<RecoveryRecord, EventOf<RecoveryEvents>>(`recovery plan ${this.document.name}`, this.#environment, async (session) => {
      const signal = ownSignal([wanted.signal]);
      signal.throwIfAborted();
      const { account, restore, checks = {}, repository } = this.#options;
      const accountId = await account.accountId({ signal });
      const record = wanted.record === undefined ? await this.#newRecord(session.id, { accountId, region: wanted.region }, { signal }) : this.#checkRecord(wanted.record, { accountId, region: wanted.region });
      session.emit({ type: "recovery:started", id: record.id, plan: record.plan });
      const done = await runSteps({
        steps: this.#ordered,
        record,
        signal,
        clock: this.#environment.clock,
        emit: session.emit,
        keep: async (changed) => {
          await wanted.onRecord?.(changed);
        },
        instances: account.instanceCompute(wanted.region),
        checks,
        restore: async (step, { point: id, restoreId }) => {
          const point = await repository.restorePoint(id, { signal });
          return (await restore.instance(point, { ...this.#toOf(step, point, record), id: restoreId, takeOver: wanted.takeOver, signal })).instanceId;
        },
      });
      session.emit({ type: "recovery:ended", id: record.id });
      return done;
    });
  }

  #toOf(step: RecoveryStep, point: RestorePoint, { accountId, region }: Pick<RecoveryRecord, "accountId" | "region">): Pick<InstanceRestoreOptions, "to"> {
    const captured = this.#options.account.instanceCompute(region).readCaptured(point.instance ?? {});
    return optionsIn(step, { region, target: this.document.targets?.[`${accountId}/${region}`] }, captured);
  }

  async #newRecord(id: string, place: Pick<RecoveryRecord, "accountId" | "region">, call: CallOptions): Promise<RecoveryRecord> {
    const steps: RecoveryStepRecord[] = [];
    for (const step of this.#ordered) steps.push({ name: step.name, point: (await this.#pointOf(step, call)).id, restoreId: restoreIdOf(id, step.name), state: "waiting" });
    return { version: 1, id, plan: this.document.name, ...place, steps };
  }

  #checkRecord(record: RecoveryRecord, { accountId, region }: Pick<RecoveryRecord, "accountId" | "region">): RecoveryRecord {
    const names = this.#ordered.map(({ name }) => name);
    const isSame = record.plan === this.document.name && record.accountId === accountId && record.region === region && record.steps.length === names.length && names.every((name) => record.steps.some((step) => step.name === name));
    if (isSame) return record;
    throw new ConfigurationError(`record: is of ${record.plan} in ${record.accountId}/${record.region} with the steps ${record.steps.map(({ name }) => name).join(", ")}, and this is ${this.document.name} in ${accountId}/${region} with ${names.join(", ")}. Give the record of this plan, or none to begin anew.`, { code: "OtherRecord", context: { path: "record" } });
  }

  async #pointOf({ name, resource, point }: RecoveryStep, call: CallOptions): Promise<RestorePoint> {
    const { repository } = this.#options;
    if (point !== undefined) return await repository.restorePoint(point, { signal: call.signal });
    let newest: RestorePoint | undefined;
    for await (const found of repository.restorePoints({ resource, signal: call.signal })) if (newest === undefined || found.createdAt >= newest.createdAt) newest = found;
    if (newest !== undefined) return newest;
    throw new NotFoundError(`There is no restore point of ${resource}, which the step ${name} restores, in ${repository.location}: back it up, or name another resource.`, { code: "RestorePointNotFound", context: { step: name, resource } });
  }

  /** How it prints: its name, and its steps in their order. */
  [inspect.custom](): string {
    return `RecoveryPlan ${this.document.name}: ${this.#ordered.map(({ name }) => name).join(", ")}`;
  }
}

const idDigits = 32;

function restoreIdOf(id: string, step: string): string {
  return createHash("sha256").update(`${id}/${step}`).digest("hex").slice(0, idDigits);
}
