import { inspect } from "node:util";
import { ConflictError, IllegalStateError, PartialFailureError } from "../errors/index.js";
import { alertOf } from "../alerts/advance-alerts.js";
import type { Alert } from "../alerts/alert.js";
import { checkCallOptions, checkDryRunOptions } from "../options/call-options.js";
import { invalidOption, optionError } from "../options/option-error.js";
import { printable } from "../printing/printable.js";
import { checkListSessionsOptions, type ListSessionsOptions } from "../repository/history/list-sessions.js";
import type { SessionRecord } from "../repository/history/session-record.js";
import type { SignalOptions } from "../repository/repository-context.js";
import type { ScheduledRun } from "../schedule/schedule.js";
import { asError, ownSignal, resolveEnvironment, Session, type EngineEnvironment, type SessionEvent } from "../session/index.js";
import type { ComplianceReport } from "./compliance/compliance-report.js";
import { evaluateCompliance } from "./compliance/evaluate-compliance.js";
import { checkAlerts } from "./check-alerts.js";
import { printPolicyPlan } from "./print-policy-plan.js";
import type { AlertReport } from "./tell-alerts.js";
import { reportOfCoverage, reportOfPolicy } from "./policy-reports.js";
import { paceOf } from "../transfer/run-pace.js";
import { findOrphans, findUnprotected, type OrphanedPoints, type UnprotectedResource } from "./coverage.js";
import { countRequests } from "./count-requests.js";
import type { EstimateOptions } from "./estimate/estimate-options.js";
import { estimatePolicy } from "./estimate/estimate-policy.js";
import type { PolicyEstimate } from "./estimate/policy-estimate.js";
import { doneIn, isCutShort } from "./cut-short-run.js";
import { diffPolicies, type PolicyDiff } from "./diff-policies.js";
import { recordedRetention } from "./recorded-retention.js";
import { planPolicy, type PolicyPlan } from "./plan-policy.js";
import { policyDocument, readPolicyDocument, type PolicyDocument, type PolicyReferences } from "./policy-document.js";
import type { PolicyEvent } from "./policy-events.js";
import type { PolicyOptions, ResolvedPolicyOptions } from "./policy-options.js";
import { PolicyTimer, type LastRun } from "./policy-timer.js";
import { recordRun } from "./record-run.js";
import { retainPolicy, type RetentionResult } from "./retain-points.js";
import { resolvePolicyOptions } from "./resolve-policy-options.js";
import { checkCoverage, checkEvaluation, checkNext, checkReport, resolveRunOptions, type CoverageOptions, type EvaluationOptions, type RunOptions } from "./run-options.js";
import { runPolicy } from "./run-policy.js";
import { Exclusions } from "./selection/exclusions.js";
import { reachAccounts } from "./selection/reach-accounts.js";
import type { ErrorFacts, SessionResult } from "./session-result.js";
import { countersOf, tellEnding } from "./tell-ending.js";
import { tellUnbegun } from "./tell-session.js";
import { checkStartOptions, checkStopOptions, type StartOptions, type StopOptions } from "./start-options.js";
import { verificationsOf, verifyMissing } from "./verify/verify-policy-options.js";
import { verifyPolicy, type PolicyVerification, type PolicyVerifyEvent } from "./verify/verify-policy.js";

/** What another policy is, for what is asked about several together. */
let optionsOf: (path: string, policy: unknown) => ResolvedPolicyOptions;

function othersOf(others: readonly unknown[] = []): ResolvedPolicyOptions[] {
  return others.map((policy, index) => optionsOf(`others[${String(index)}]`, policy));
}

/**
 * What is protected, when, to where, and kept how long.
 *
 * Wrong options raise `ConfigurationError` naming the path, before any call is made.
 *
 * @example
 * const policy = new Policy({ name: "gold", account, include: [{ tag: { backup: "gold" } }], backup: { repository } });
 * const result = await policy.run();
 */
export class Policy {
  readonly name: string;
  readonly #options: ResolvedPolicyOptions;
  readonly #environment: EngineEnvironment;
  #runningSession: string | undefined;
  /** The last session of this object: it has ended, whatever its lease says. */
  #endedSession: string | undefined;
  /** The same of the last session of verified restores. */
  #endedVerification: string | undefined;
  /** What runs by a schedule: the policy itself, and its verified restores. */
  #timers: Pick<PolicyTimer<unknown, SessionEvent>, "stop">[] = [];

  static {
    optionsOf = (path, policy) => {
      if (typeof policy === "object" && policy !== null && #options in policy) return policy.#options;
      throw invalidOption(path, policy, "must be a Policy, of this copy of holdfast.");
    };
  }

  constructor(options: PolicyOptions, environment: Partial<EngineEnvironment> = {}) {
    this.#options = resolvePolicyOptions(options);
    this.#environment = resolveEnvironment(environment);
    this.name = this.#options.name;
  }

  /**
   * Backs up everything that is selected now: snapshots, the restore point, replicas, the archive, retention. Where resources failed the session
   * rejects with `PartialFailureError`: `failures` says which and why, `completed` which are safe, `result` how each of them fared. After an abort
   * it rejects with the signal's reason, once what is in flight has settled. A policy never overlaps itself: `ConflictError` (`PolicyRunning`)
   * while a run of it is under way, in this process or another. The run's record stays in the repository: `sessions` lists it.
   *
   * Nothing selected is a success with no resources and the event `selection:empty`; what is named by its id and is not
   * there is a failure.
   *
   * @example
   * const session = policy.run({ signal });
   * for await (const event of session) console.log(event.type);
   * const result = await session;
   */
  run(options: RunOptions = {}): Session<SessionResult, PolicyEvent> {
    const { signal, full } = resolveRunOptions(options);
    return this.#begin({ signal, full, done: new Set() });
  }

  /**
   * Tries out the newest restore point of each resource, as the option `verify` says: `restore.verify` of one after the other. What is found is kept with each point. Where
   * one is not as it should be, or could not be tried, the session rejects at the end with `PartialFailureError` (`PointsNotVerified`). One process at a time does it
   * (`ConflictError`, `PolicyRunning`); its record is among `repository.sessions({ policy: "<name>#verify" })`.
   *
   * @example
   * const { points } = await policy.verify();
   * for (const { restorePoint, volumes } of points) console.log(restorePoint, volumes.map(({ restoreMs }) => restoreMs));
   */
  verify(options: SignalOptions = {}): Session<PolicyVerification, PolicyVerifyEvent> {
    const { signal = new AbortController().signal } = checkCallOptions(options);
    if (this.#options.verify === undefined) throw verifyMissing(this.name);
    return this.#beginVerification({ signal, done: new Set() });
  }

  /** What a run would back up now, what it would leave out, and what retention would remove, with the reasons. Makes nothing. */
  async plan(options: SignalOptions = {}): Promise<PolicyPlan> {
    const { signal } = checkCallOptions(options);
    return printable(await planPolicy(this.#options, this.#environment.clock.now(), { signal }), printPolicyPlan);
  }

  /**
   * What the policy will cost in the coming months, by line item: from the change and the ratios that its runs measured, from stated assumptions elsewhere, and
   * beside it what the last runs cost. The prices are dated list prices unless you give your own. Makes nothing.
   *
   * @example
   * const { months, assumptions } = await policy.estimate({ months: 3 });
   */
  async estimate(options: EstimateOptions = {}): Promise<PolicyEstimate> {
    return await estimatePolicy(this.#options, this.#environment.clock.now(), options);
  }

  /** The next runs of the schedule, from now on or after `after`; fewer than `count` where it comes to an end, none without a schedule. */
  next(count: number, options: { readonly after?: Date | undefined } = {}): ScheduledRun[] {
    const { after = this.#environment.clock.now() } = checkNext(options);
    return this.#options.schedule?.next(count, { after }) ?? [];
  }

  /**
   * Runs the policy by its schedule from now on. What was missed while no process did runs once, now; and so does a run whose process died.
   * Once a day retention is also carried out for the points of resources that are selected no more, as by `retain`.
   * `IllegalStateError` where it is started, `ConfigurationError` where it has no schedule.
   *
   * @example
   * policy.start({ onSession: (session) => console.log(session.id), onError: (error) => console.error(error) });
   * process.once("SIGTERM", () => void policy.stop());
   */
  start(options: StartOptions = {}): void {
    const { onSession, onVerification, onError } = checkStartOptions(options);
    const { schedule, verify } = this.#options;
    const { clock, logger } = this.#environment;
    if (schedule === undefined && verify?.schedule === undefined) throw optionError("schedule", `policy ${this.name} has none, so that it cannot be started. Give it one, or call run.`);
    if (this.#timers.length > 0) throw new IllegalStateError(`Policy ${this.name} is started already. Stop it before it is started again.`, { code: "AlreadyStarted" });
    const shared = {
      clock,
      onError: (error: Error): void => {
        if (onError !== undefined) onError(error);
        else logger.error("a policy's run failed", { policy: this.name, error: error.message });
      },
    };
    if (schedule !== undefined) {
      this.#timers.push(
        new PolicyTimer<SessionResult, PolicyEvent>({
          ...shared,
          schedule,
          begin: (run) => this.#begin({ ...run, full: undefined }),
          lastRun: async (signal) => await this.#lastRun(this.name, "resource:completed", signal),
          doneIn: (event) => (event.type === "resource:completed" ? event.resource : undefined),
          retain: async (signal) => {
            await this.retain({ signal });
          },
          check: async (signal) => {
            await this.checkAlerts({ signal });
          },
          onSession: (session) => onSession?.(session),
        }),
      );
    }
    if (verify?.schedule !== undefined) {
      this.#timers.push(
        new PolicyTimer<PolicyVerification, PolicyVerifyEvent>({
          ...shared,
          schedule: verify.schedule,
          begin: (run) => this.#beginVerification(run),
          lastRun: async (signal) => await this.#lastRun(verificationsOf(this.name), "point:verified", signal),
          doneIn: (event) => (event.type === "point:verified" ? event.resource : undefined),
          onSession: (session) => onVerification?.(session),
        }),
      );
    }
  }

  /** Ends what `start` began, after the run that is under way; with `abort`, that run is aborted. Nothing happens where it is not started. */
  async stop(options: StopOptions = {}): Promise<void> {
    const checked = checkStopOptions(options);
    await Promise.all(this.#timers.map(async (timer) => await timer.stop(checked)));
    this.#timers = [];
  }

  /**
   * Carries out retention alone, for all points of the policy and their snapshots and replicas, also of resources that it selects no more or that are
   * gone; with `dryRun`, says what it would do. The newest point of a resource stays, also where the resource is gone (`orphans` names it). Locks that a run which died still owes are set. `PartialFailureError` (`PointsNotRemoved`) where something could not be removed or locked: the rest is.
   */
  async retain(options: SignalOptions & { readonly dryRun?: boolean | undefined } = {}): Promise<readonly RetentionResult[]> {
    const { signal, dryRun: isDryRun = false } = checkDryRunOptions(options, "a retention pass");
    const results = isDryRun ? await retainPolicy(this.#options, { now: this.#environment.clock.now(), isDryRun, signal }) : await recordedRetention(this.#options, this.#environment, { signal });
    const left = results.flatMap((result) => [...result.left, ...(result.snapshots?.left ?? []).map(({ snapshotId, account, region, error }) => ({ point: `${account}/${region}/${snapshotId}`, error }))]);
    if (left.length === 0) return results;
    throw new PartialFailureError(`Retention of policy ${this.name} could not remove, or lock as promised, ${String(left.length)} points or snapshots, the first because: ${left[0]?.error.message ?? ""} The next retention tries again.`, {
      code: "PointsNotRemoved",
      retryable: true,
      failures: left.map(({ point, error }) => ({ resource: point, error: new Error(error.message) })),
      completed: results.flatMap(({ removed, snapshots }) => [...removed, ...(snapshots?.removed ?? [])]),
    });
  }

  /**
   * Looks whether something is wrong, or is so no more (see `AlertCondition`), and tells who wants to hear of alerts. Each run does so at its end, and `start` at its
   * beginning; that no run began, or that points grow old, only somebody else can see: call it from a process of its own now and then.
   *
   * @example
   * const { standing } = await policy.checkAlerts();
   */
  async checkAlerts(options: SignalOptions = {}): Promise<AlertReport> {
    const { signal } = checkCallOptions(options);
    return await checkAlerts(this.#options, this.#environment, { signal });
  }

  /** The alerts that last, as the last run or check left them. */
  async alerts(options: SignalOptions = {}): Promise<readonly Alert[]> {
    const { signal } = checkCallOptions(options);
    const { alerts } = await this.#options.repository.history.alertState(this.name, { signal });
    return alerts.filter(({ endedAt }) => endedAt === undefined).map(alertOf);
  }

  /**
   * Evaluates the policy's controls (its option `compliance`, or `controls` in its place) on what is there now: each with what was seen and what to do. `others`
   * are the policies that protect beside this one. Raises what keeps it from being sure, as a region that cannot be asked, and `ConfigurationError` where no control is named anywhere.
   *
   * @example
   * const { isCompliant, findings } = await policy.compliance({ controls: { immutableDays: 30, newestPointWithinHours: 26 } });
   */
  async compliance(options: EvaluationOptions<Policy> = {}): Promise<ComplianceReport> {
    const { controls = this.#options.compliance, others, signal } = checkEvaluation(options);
    if (controls === undefined) throw optionError("controls", `is needed: policy ${this.name} has no option compliance, and of no control nothing can be said. Name some here, as { controls: { newestPointWithinHours: 26 } }, or in the policy, which then evaluates them after each run.`);
    return await evaluateCompliance(this.#options, { controls, others: othersOf(others), now: this.#environment.clock.now(), signal });
  }

  /** What a changed policy would mean: the options that differ, and the points that its retention would remove and this one's would not, and the other way round. Changes nothing. */
  async diff(changed: Policy, options: SignalOptions = {}): Promise<PolicyDiff> {
    const { signal } = checkCallOptions(options);
    return await diffPolicies(this.#options, optionsOf("changed", changed), this.#environment.clock.now(), { signal });
  }

  /** The records of this policy's runs, oldest first. */
  sessions(options: Omit<ListSessionsOptions, "policy"> = {}): AsyncIterable<SessionRecord> {
    return this.#options.repository.sessions({ ...checkListSessionsOptions(options), policy: this.name });
  }

  /**
   * The policy's runs over time as a self-contained HTML document: how they ended, how long they took, what they read and stored, and the alerts that last.
   *
   * @example
   * await writeFile("gold.html", await policy.report({ since: new Date(Date.now() - 90 * 86_400_000) }));
   */
  async report(options: SignalOptions & { readonly since?: Date | undefined } = {}): Promise<string> {
    return await reportOfPolicy(this.#options, this.#environment.clock.now(), checkReport(options));
  }

  /**
   * What is protected, as a self-contained HTML document: resources without a policy or a point first, then each resource's points day by day with their flags
   * and locks. `others` are the policies that protect beside this one.
   *
   * @example
   * await writeFile("coverage.html", await policy.coverageReport({ others: [silver] }));
   */
  async coverageReport(options: CoverageOptions<Policy> = {}): Promise<string> {
    const { others, signal } = checkCoverage(options);
    return await reportOfCoverage(this.#options, othersOf(others), this.#environment.clock.now(), { signal });
  }

  /** The instances and volumes in this policy's accounts and regions, and in those of the `others`, that none of these policies protects. */
  async unprotected(options: CoverageOptions<Policy> = {}): Promise<readonly UnprotectedResource[]> {
    const { others, signal } = checkCoverage(options);
    return await findUnprotected([this.#options, ...othersOf(others)], { signal });
  }

  /** The points in this policy's repository that were made by neither it nor the `others`, or whose resource is gone. */
  async orphans(options: CoverageOptions<Policy> = {}): Promise<readonly OrphanedPoints[]> {
    const { others, signal } = checkCoverage(options);
    return await findOrphans(this.#options.repository, [this.#options, ...othersOf(others)], { signal });
  }

  /** The policy as JSON, with the names that the references give to accounts, repositories and hooks; `Policy.fromJSON` reads it. */
  toJSON(references?: Partial<PolicyReferences>): PolicyDocument {
    return policyDocument(this.#options, typeof references === "object" ? references : {});
  }

  /** A policy of JSON. `ConfigurationError` naming the path where something is wrong, or a name is not among the references. */
  static fromJSON(document: unknown, references: PolicyReferences, environment: Partial<EngineEnvironment> = {}): Policy {
    return new Policy(readPolicyDocument(document, references), environment);
  }

  async #lastRun(name: string, doneBy: PolicyEvent["type"] | PolicyVerifyEvent["type"], signal: AbortSignal): Promise<LastRun | undefined> {
    const last = await this.#options.repository.history.lastRun(name, { signal });
    return last && { startedAt: new Date(last.startedAt), hasEnded: last.state !== "running" && last.state !== "crashed" && !isCutShort(last), done: isCutShort(last) ? doneIn(last, doneBy) : new Set() };
  }

  #beginVerification({ signal: given, done, dueAt }: { readonly signal: AbortSignal; readonly done: ReadonlySet<string>; readonly dueAt?: Date | undefined }): Session<PolicyVerification, PolicyVerifyEvent> {
    const { repository, keepSessionDays: keepDays } = this.#options;
    return Session.start<PolicyVerification, PolicyVerifyEvent>(`verified restores of policy ${this.name}`, this.#environment, async (session) => {
      const onUnrecorded = (error: ErrorFacts): void => session.emit({ type: "session:unrecorded", error });
      try {
        const place = { repository, policy: verificationsOf(this.name), keepDays };
        return await recordRun(place, this.#environment, session, { signal: ownSignal([given]), dueAt, ended: this.#endedVerification, onUnrecorded }, async (hearing, signal) => await verifyPolicy({ ...this.#environment, options: this.#options, session: hearing, done, signal }));
      } finally {
        this.#endedVerification = session.id;
      }
    });
  }

  #begin({ signal: given, full, done, dueAt }: Omit<RunOptions, "signal"> & { readonly signal: AbortSignal | undefined; readonly done: ReadonlySet<string>; readonly dueAt?: Date | undefined }): Session<SessionResult, PolicyEvent> {
    const own = ownSignal([given]);
    return Session.start<SessionResult, PolicyEvent>(`policy ${this.name}`, this.#environment, async (session) => {
      if (this.#runningSession !== undefined) {
        throw new ConflictError(`Policy ${this.name} is running already, in session ${this.#runningSession}. Wait for it, or abort it by its signal.`, {
          code: "PolicyRunning",
          retryable: true,
          context: { policy: this.name, session: this.#runningSession },
        });
      }
      this.#runningSession = session.id;
      const state = { hasBegun: false };
      try {
        own.throwIfAborted();
        const accounts = await reachAccounts(this.#options.accounts, { signal: own });
        const { options, requests } = countRequests(this.#options);
        const { repository, keepSessionDays: keepDays } = options;
        const onUnrecorded = (error: ErrorFacts): void => session.emit({ type: "session:unrecorded", error });
        const told = { onEnding: tellEnding(options, this.#environment, session), counters: countersOf(options) };
        return await recordRun({ repository, policy: this.name, keepDays }, this.#environment, session, { signal: own, dueAt, ended: this.#endedSession, onUnrecorded, requestsOf: (result) => result.requests, ...told }, async (hearing, signal, asked) => {
          state.hasBegun = true;
          const run = { full, signal, done };
          return await runPolicy({ ...this.#environment, options, requests: (resources) => requests(asked(), resources), run, session: hearing, accounts, exclusions: new Exclusions(options.exclude), pace: paceOf(this.#environment.clock, options.limits) });
        });
      } catch (error) {
        if (!state.hasBegun && !own.aborted) await tellUnbegun(this.#options, this.#environment, session, asError(error));
        throw error;
      } finally {
        this.#runningSession = undefined;
        this.#endedSession = session.id;
      }
    });
  }

  /** How it prints: what is selected, and to where. */
  [inspect.custom](): string {
    const { regions, include, exclude, repository, schedule, retention } = this.#options;
    const lines = [`Policy ${this.name}`, `  in ${regions.join(", ")}, to ${repository.location}`, `  include ${include.map((selector) => JSON.stringify(selector)).join(", ")}`];
    if (exclude.length > 0) lines.push(`  exclude ${exclude.map((selector) => JSON.stringify(selector)).join(", ")}`);
    if (schedule !== undefined) lines.push(`  schedule ${JSON.stringify(schedule.options)}`);
    if (retention !== undefined) lines.push(`  retention ${JSON.stringify(retention.options)}`);
    return lines.join("\n");
  }
}
