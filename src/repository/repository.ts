import { inspect } from "node:util";
import { checkCallOptions, checkDryRunOptions } from "../options/call-options.js";
import { optionError } from "../options/option-error.js";
import { printable } from "../printing/printable.js";
import type { RequestCounter } from "../ports/index.js";
import { resolveEnvironment, withOwnSignal, type Session } from "../session/index.js";
import { planThaw, type ThawPlan } from "./archive/plan-thaw.js";
import { printThawPlan } from "./archive/print-thaw-plan.js";
import type { ThawEvent, ThawResult } from "./archive/thaw-events.js";
import type { PlanThawOptions, ThawPointOptions } from "./archive/thaw-options.js";
import { thawPoint } from "./archive/thaw-point.js";
import type { CopyEvent } from "./copy/copy-events.js";
import type { CopyOptions } from "./copy/copy-options.js";
import { copyPoints, type CopySource } from "./copy/copy-points.js";
import type { CopyResult } from "./copy/copy-result.js";
import { collectGarbage } from "./collect/collect-garbage.js";
import type { CollectOptions } from "./collect/collect-options.js";
import type { CollectReport } from "./collect/collect-report.js";
import type { ImmutabilityRules } from "./format/immutability-rules.js";
import { recover } from "./immutability/recover.js";
import type { RecoverOptions, RecoverReport } from "./immutability/recover-report.js";
import { sweep } from "./collect/sweep.js";
import type { SweepOptions, SweepReport } from "./collect/sweep-report.js";
import { verifyLocks } from "./immutability/verify-locks.js";
import type { VerifyLocksReport } from "./immutability/verify-locks-report.js";
import { compact } from "./compact/compact.js";
import type { CompactOptions } from "./compact/compact-options.js";
import type { CompactReport } from "./compact/compact-report.js";
import { RepositoryKeys, type RepositoryKeysOptions } from "./slots/repository-keys.js";
import { checkListSessionsOptions, listSessions, type ListSessionsOptions } from "./history/list-sessions.js";
import { recordedCheck } from "./history/recorded-check.js";
import { SessionHistory } from "./history/session-history.js";
import type { SessionRecord } from "./history/session-record.js";
import { countingObjectStore, countingVersions, type StoreRequests } from "./requests/counting-object-store.js";
import { createRepository } from "./create-repository.js";
import { RepositoryIndex } from "./index/repository-index.js";
import { handOver, type RepositoryHandOver } from "./hand-over.js";
import type { BundleRole } from "./keys/key-role.js";
import { openRepository } from "./open-repository.js";
import { openWithKeys, type GivenKeys } from "./open-with-keys.js";
import { checkPoints, pointId } from "./points/check-point.js";
import { pinPoints } from "./points/pin-points.js";
import { checkListOptions, listRestorePoints, readRestorePoint, type ListRestorePointsOptions } from "./points/list-restore-points.js";
import { PointFactsReader, type PointFacts } from "./points/point-facts.js";
import { checkRemoveOptions, removePoint, type RemovePointOptions } from "./points/remove-point.js";
import { retain, type RetainOptions, type RetainReport } from "./points/retain.js";
import type { RestorePoint } from "./points/restore-point.js";
import type { RetentionOptions } from "../retention/retention-options.js";
import type { Retention } from "../retention/retention.js";
import type { ReaderSession } from "./leases/reader-session.js";
import { countQuarantinedPacks } from "./quarantine/count-quarantined-packs.js";
import { checkRepairOptions } from "./repair/check-repair-options.js";
import type { RepairReport } from "./repair/repair-options.js";
import { repair } from "./repair/repair.js";
import type { RepositoryContext, SignalOptions } from "./repository-context.js";
import type { CreateRepositoryOptions, RepositoryEnvironment, RepositoryOptions } from "./repository-options.js";
import type { RepositoryStatistics } from "./statistics/repository-statistics.js";
import type { StatisticsOptions } from "./statistics/statistics-options.js";
import { measureRepository } from "./statistics/statistics.js";
import { checkVerifyOptions, type VerifyOptions, type VerifyReport } from "./verify/verify-options.js";
import { verify } from "./verify/verify.js";
import { doRepositoryWork, type RepositoryReport, type RepositoryWorkHooks } from "./do-repository-work.js";
import type { RepositoryWork } from "./workers/repository-workers.js";
import { PointWriter, type PointDescription } from "./writer/point-writer.js";
import { VolumePart } from "./writer/volume-part.js";

/**
 * Restore points, deduplicated and sealed, under a prefix of a bucket or in a directory.
 *
 * @example
 * const repository = await Repository.create({ storage: directoryStorage("/var/backups"), encryption: { passphrase } });
 * for await (const point of repository.restorePoints()) console.log(point.id, point.createdAt);
 */
export class Repository {
  /** Where it lies, for people. */
  readonly location: string;
  /** The repository's own random name, 32 hexadecimal digits: the same wherever it is copied to. No secret. */
  readonly id: string;
  /** Whether what it holds is secret; `false` where it was made with `encryption: "none"`. */
  readonly isEncrypted: boolean;
  /** The dedup index, a cache: merged by maintenance, rebuilt when it is lost. */
  readonly index: RepositoryIndex;
  /** The ways of opening it: listed, added, rotated, removed. */
  readonly keys: RepositoryKeys;
  readonly #context: RepositoryContext;
  readonly #opened: RepositoryKeysOptions;
  readonly #facts: PointFactsReader;

  private constructor(opened: RepositoryKeysOptions, facts?: PointFactsReader) {
    const { context } = opened;
    this.#context = context;
    this.#opened = opened;
    this.#facts = new PointFactsReader(context, facts);
    this.keys = new RepositoryKeys(opened);
    this.location = context.store.location;
    this.id = context.keys.repositoryId.toString("hex");
    this.isEncrypted = opened.isSealed;
    this.index = new RepositoryIndex(context);
  }

  /**
   * Makes a repository where there is none; `ConflictError` (`RepositoryExists`) where there is one. With `immutability`,
   * `ConfigurationError` where nothing can be locked (`ObjectLockNotEnabled`), or the bucket locks what must not be (`BucketLocksEverything`).
   */
  static async create(options: CreateRepositoryOptions, environment: Partial<RepositoryEnvironment> = {}): Promise<Repository> {
    return new Repository(await createRepository(options, resolveEnvironment(environment)));
  }

  /**
   * Opens a repository. `NotFoundError` where there is none, `ConfigurationError` for a wrong key (`WrongKey`) or a newer format (`NewerFormat`),
   * `IntegrityError` (`DamagedKeySlot`) where only a damaged slot could have opened it. Writes nothing.
   * What a key of a narrower role is not for raises `ConfigurationError` (`KeyNotHeld`) when it is asked for.
   */
  static async open(options: RepositoryOptions, environment: Partial<RepositoryEnvironment> = {}): Promise<Repository> {
    return new Repository(await openRepository(options, resolveEnvironment(environment)));
  }

  /**
   * Opens a repository by a role's keys that somebody who had opened it gave away.
   *
   * @internal For the data mover.
   */
  static async openWithKeys(given: GivenKeys, environment: Partial<RepositoryEnvironment> = {}): Promise<Repository> {
    return new Repository(await openWithKeys(given, resolveEnvironment(environment)));
  }

  /**
   * What another machine needs to work here in a role.
   *
   * @internal For workers.
   */
  handOver(role: BundleRole): RepositoryHandOver {
    return handOver(this.#context, role);
  }

  /**
   * Begins a volume's part of a restore point that another process commits.
   *
   * @internal For the data mover.
   */
  beginPart(groupName: string, options: SignalOptions = {}): VolumePart {
    return new VolumePart(this.#context, groupName, options);
  }

  /**
   * Does what another process has asked for, with a copy's target where it is one.
   *
   * @internal For the data mover.
   */
  async work(work: RepositoryWork, { target, ...hooks }: RepositoryWorkHooks & { readonly target?: Repository | undefined }): Promise<RepositoryReport> {
    return await doRepositoryWork(this.#context, work, { ...hooks, target: target === undefined ? undefined : this.#targetContext(target) });
  }

  /**
   * This very repository, whose requests are counted beside those of others that work with it.
   *
   * @internal For the records of runs.
   */
  counting(counter: StoreRequests): Repository {
    const { store, locks } = this.#context;
    const context = { ...this.#context, store: countingObjectStore(store, counter), ...(locks !== undefined && { locks: locks.through(countingVersions(locks.versions, counter)) }) };
    return new Repository({ ...this.#opened, context }, this.#facts);
  }

  /**
   * The facts of restore points that retention asks for, run after run: each point is read once.
   *
   * @internal
   */
  pointFacts(options: ListRestorePointsOptions = {}): AsyncIterable<PointFacts> {
    return this.#facts.list(options);
  }

  /**
   * What a class of storage costs hangs on where it lies, and which class it is; nothing of a directory.
   *
   * @internal
   */
  get storage(): { readonly region?: string | undefined; readonly storageClass?: string | undefined } {
    const { place, store } = this.#context;
    return { region: place?.region, storageClass: store.storageClass };
  }

  /** All restore points, or one resource's, oldest first within a resource. */
  restorePoints(options: ListRestorePointsOptions = {}): AsyncIterable<RestorePoint> {
    return listRestorePoints(this.#context, checkListOptions(options));
  }

  /** The restore point with this id; `NotFoundError` where there is none. */
  async restorePoint(id: string, options: SignalOptions = {}): Promise<RestorePoint> {
    return await readRestorePoint(this.#context, id, checkCallOptions(options));
  }

  /**
   * Removes a restore point; `false` where it was removed already. What it alone needs is freed by the next collection. The newest
   * point of a resource is removed only with `evenNewest` (`ConflictError`, `NewestPoint`).
   */
  async remove(point: RestorePoint | string, options: RemovePointOptions = {}): Promise<boolean> {
    return await removePoint(this.#context, pointId(point), checkRemoveOptions(options));
  }

  /**
   * Carries out retention for points that no policy looks after: those of images, and those of a policy that is given up (`policy`). The newest point of each resource stays,
   * and what is locked. `PartialFailureError` (`PointsNotRemoved`) where one could not be removed: the rest is. Leaves a record, unless it is a dry run.
   *
   * @example
   * const { plan, removed } = await repository.retain({ daily: 7, weekly: 4 });
   */
  async retain(rules: Retention | RetentionOptions, options: RetainOptions = {}): Promise<RetainReport> {
    return await retain(this.#context, this.#facts, rules, options);
  }

  /**
   * Pins restore points: until the returned session has ended, what they need stays, even where they are removed meanwhile.
   * Restores, copies and verifications pin what they read by themselves. Raises `NotFoundError` where one was removed already.
   */
  async pin(points: readonly (RestorePoint | string)[], options: SignalOptions = {}): Promise<ReaderSession> {
    return await pinPoints(this.#context, checkPoints(points), checkCallOptions(options));
  }

  /**
   * Frees what no restore point needs. May run beside backups, restores, removals and other collections, on any machine, and be
   * stopped at any moment: the next one goes on. With `dryRun` it says what it would do.
   *
   * @example
   * const { freed, kept } = await repository.collectGarbage();
   */
  async collectGarbage(options: CollectOptions = {}): Promise<CollectReport> {
    return await collectGarbage(this.#context, withOwnSignal(options));
  }

  /**
   * Rewrites packs of which restore points need little any more, and frees the rest of them. Reads their block maps whole, so it
   * costs more than a collection, which frees only packs that nothing needs; run it rarely, after one. May run beside everything
   * else and be stopped at any moment. Packs of an immutable repository are locked and not rewritten (`ConflictError`, `Immutable`).
   *
   * @example
   * const { removed, written } = await repository.compact({ maxLiveShare: 0.3 });
   */
  async compact(options: CompactOptions = {}): Promise<CompactReport> {
    return await compact(this.#context, withOwnSignal(options));
  }

  /**
   * Checks that what is stored can be restored. Damage is in the report, by object, restore point and block; damaged packs
   * are put into quarantine, so that no backup builds on them and the next one heals them, unless `quarantine` is false. A
   * store that does not answer or refuses is raised, and never taken for damage.
   *
   * @example
   * const report = await repository.verify({ level: "data", budget: { durationMs: 3_600_000 } });
   * if (!report.isHealthy) console.log(report.findings);
   */
  async verify(options: VerifyOptions): Promise<VerifyReport> {
    const checked = checkVerifyOptions(options);
    const check = async (): Promise<VerifyReport> => await verify(this.#context, withOwnSignal(checked));
    return !checked.quarantine || this.#context.isReadOnly === true ? await check() : await recordedCheck(this.#context, "verification", check);
  }

  /** What an immutable repository promises; `undefined` of one that is not. */
  get immutability(): ImmutabilityRules | undefined {
    return this.#context.locks?.rules;
  }

  /** Compares the lock of every object that a restore point reaches with what the point was promised, object by object. Changes nothing, and leaves a record; `IllegalStateError` (`NotImmutable`) without immutability. */
  async verifyLocks(options: SignalOptions = {}): Promise<VerifyLocksReport> {
    const checked = withOwnSignal(checkCallOptions(options));
    return await recordedCheck(this.#context, "locks", async () => await verifyLocks(this.#context, checked));
  }

  /**
   * Undoes delete markers and overwrites on a versioned bucket, whoever made them: each object of a restore point becomes again
   * what the repository wrote. Run again, it goes on where it ended. `IllegalStateError` (`NotVersioned`) where nothing keeps versions.
   *
   * @example
   * const plan = await repository.recover({ dryRun: true });
   * console.log(plan.steps);
   * const report = await repository.recover();
   */
  async recover(options: RecoverOptions = {}): Promise<RecoverReport> {
    return await recover(this.#context, withOwnSignal(checkDryRunOptions(options, "a recovery")));
  }

  /** Removes for good what the engine itself leaves behind in a versioned bucket: older versions, and what was deleted over seven days ago, once its lock is over. */
  async sweep(options: SweepOptions = {}): Promise<SweepReport> {
    return await sweep(this.#context, withOwnSignal(checkDryRunOptions(options, "a sweep")));
  }

  /**
   * Repairs what verifications found, and packs that are gone: lost blocks are looked for in other packs and in `from`, a
   * repository with copies of the same restore points, proven by their ids, and found by every restore point from then on. What
   * cannot be repaired is listed with the points that lose by it. With `dryRun`, says what it would do and changes nothing.
   *
   * @example
   * const { repairedBlocks, losses } = await repository.repair({ from: await Repository.open(second) });
   */
  async repair(options: RepairOptions = {}): Promise<RepairReport> {
    return await repair(this.#context, withOwnSignal(checkRepairOptions(options)));
  }

  /** Begins a restore point; it exists once the writer has committed it. */
  beginPoint(description: PointDescription, options: SignalOptions = {}): PointWriter {
    return new PointWriter(this.#context, description, checkCallOptions(options));
  }

  /**
   * Copies restore points into another repository: of another region, account, key, pack size or storage class. Every block is
   * opened and verified, named anew by the target's key, and stored only where the target does not hold it. Where the target's
   * newest point of a volume is a copy from here, only what differs from that is read. A copy keeps its point's time, name, tags
   * and instance, and bears `copiedFrom`; a point that the target has already is left alone (`outcome: "present"`). A copy that was cut
   * short is found by the next, and nothing is stored twice. Where a block is damaged (`IntegrityError`) nothing of its point is committed.
   *
   * Of several points one that is damaged or gone does not stop the others: `PartialFailureError` (`PointsNotCopied`) at the end.
   *
   * @example
   * const { points } = await repository.copy(point, archive);
   * await repository.copy(repository.restorePoints({ resource }), archive);
   */
  copy(points: CopySource, target: Repository, options: CopyOptions = {}): Session<CopyResult, CopyEvent> {
    return copyPoints(this.#context, this.#targetContext(target), points, options);
  }

  /** What a restore of the point needs of an archive, how soon it can be had, and what that costs. Changes nothing. */
  async planThaw(point: RestorePoint | string, options: PlanThawOptions = {}): Promise<ThawPlan> {
    return printable(await planThaw(this.#context, async (signal) => await this.#open(point, { signal }), options), printThawPlan);
  }

  /**
   * Makes a restore point in an archive readable for some days, and waits for it (hours, by the tier). What is readable for long
   * enough is not asked for again, so that a repeated thaw goes on with the first.
   *
   * @example
   * await repository.thaw(point, { tier: "bulk", days: 3 });
   */
  thaw(point: RestorePoint | string, options: ThawPointOptions): Session<ThawResult, ThawEvent> {
    return thawPoint(this.#context, async (signal) => await this.#open(point, { signal }), options);
  }

  /** What the repository holds, in numbers: logical, unique and stored bytes, by point and resource, growth over time, and cost. Reads listings, groups, records and roots; no data. */
  async statistics(options: StatisticsOptions = {}): Promise<RepositoryStatistics> {
    return await measureRepository(this.#context, options);
  }

  /** The records of sessions: policies' runs, restores, verifications, retention passes; oldest first within a policy and within a kind. Runs go by the policy's own retention of sessions, the rest by the repository's (`sessions.keepDays`). */
  sessions(options: ListSessionsOptions = {}): AsyncIterable<SessionRecord> {
    return listSessions(this.#context, checkListSessionsOptions(options));
  }

  /**
   * The records of sessions and alerts, for those who keep them.
   *
   * @internal
   */
  get history(): SessionHistory {
    return new SessionHistory(this.#context);
  }

  /**
   * Counts what is asked of the store's provider.
   *
   * @internal
   */
  get requests(): RequestCounter | undefined {
    return this.#context.store.requests;
  }

  /**
   * How many packs are known to be damaged and not yet healed: one request where there are few.
   *
   * @internal
   */
  async countQuarantinedPacks(options: SignalOptions = {}): Promise<number> {
    return await countQuarantinedPacks(this.#context, options);
  }

  async #open(point: RestorePoint | string, options: SignalOptions): Promise<RestorePoint> {
    return typeof point === "string" ? await readRestorePoint(this.#context, point, options) : point;
  }

  #targetContext(target: Repository): RepositoryContext {
    const given: unknown = target;
    if (typeof given !== "object" || given === null || !(#context in given)) throw optionError("target", "must be a Repository, opened by this copy of holdfast.");
    if (target.id === this.id) throw optionError("target", `is this very repository (id ${this.id}), or a replica of its objects: name another.`);
    return target.#context;
  }

  /** How it prints: where it lies, its id, and what it promises; never a key. */
  [inspect.custom](): string {
    const rules = this.#context.locks?.rules;
    const locked = rules === undefined ? "" : `, immutable for ${String(rules.periodDays)} days (${rules.mode})`;
    return `Repository ${this.location}\n  id ${this.id}, ${this.isEncrypted ? "encrypted" : "NOT encrypted"}${locked}`;
  }
}

/** What a repair may use. */
export interface RepairOptions extends SignalOptions {
  /** A repository with copies of the same restore points. Its data is accepted only where it proves to be what is missing here. */
  readonly from?: Repository | undefined;
  /** Says what would be done, and changes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
}
