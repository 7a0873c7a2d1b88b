import { inspect } from "node:util";
import { optionError } from "../options/option-error.js";
import { blockSizeBytes, type CallOptions, type CloudAccount } from "../ports/index.js";
import { printable } from "../printing/printable.js";
import type { RestoreWaiting } from "../repository/leases/restore-lease.js";
import type { ReaderSession } from "../repository/leases/reader-session.js";
import { whilePinned } from "../repository/leases/while-pinned.js";
import { assertReadable } from "../repository/archive/assert-readable.js";
import type { RestoreVerification } from "../repository/verified/restore-verification.js";
import { checkPoint } from "../repository/points/check-point.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import { newSessionId, ownSignal, resolveEnvironment, Session, type EngineEnvironment, type RunningSession } from "../session/index.js";
import { BlockDevice } from "./device/block-device.js";
import { resolveBlockDeviceOptions, resolveOpeningPlanOptions, type BlockDeviceOptions, type OpeningPlanOptions } from "./device/device-options.js";
import { RestoreFiles, type RestoreFilesOptions } from "./files/restore-files.js";
import { searchPoints, type FoundFile, type SearchPointsOptions } from "./files/search-points.js";
import { findPoint, findSource, type RestoreSource } from "./find-source.js";
import type { ImageFiles } from "./image-files.js";
import { RestoreMarks } from "./instance/instance-marks.js";
import { checkRestoreId, digestOf, resolveInstanceRestoreOptions, resolveUndoInstanceOptions, type InstanceRestoreOptions, type UndoInstanceOptions } from "./instance/instance-options.js";
import type { InstanceRestorePlan } from "./instance/instance-plan.js";
import { findTarget, instanceAccount } from "./instance/instance-target.js";
import { planInstance } from "./instance/plan-instance.js";
import { restoreInstance, type InstanceRestored } from "./instance/restore-instance.js";
import { undoInstance, type InstanceUndone } from "./instance/undo-instance.js";
import { planVolumeNeeds } from "./plan/plan-volume-restore.js";
import { planWritesOver } from "./plan/plan-writes.js";
import { printRestorePlan, printUndoPlan } from "./print-restore-plan.js";
import { planReplaceVolume } from "./replace/plan-replace-volume.js";
import { findReplacement } from "./replace/find-replacement.js";
import { resolveReplaceVolumeOptions, type ReplaceVolumeOptions } from "./replace/replace-options.js";
import type { ReplaceVolumePlan } from "./replace/replace-plan.js";
import { replaceVolume, type VolumeReplaced } from "./replace/replace-volume.js";
import type { RestoreEvent } from "./restore-events.js";
import {
  resolveImageRestoreOptions,
  resolveRestoreOptions,
  type ImageRestoreOptions,
  type ResolvedRestoreOptions,
  type RestoreOptions,
} from "./restore-options.js";
import { measureSource, planImageRestore, planSnapshot, planVolume, snapshotSizeBytes, type ImageRestorePlan, type OpeningPlan, type SnapshotRestorePlan, type VolumeRestorePlan } from "./restore-plan.js";
import type { RestoreRun } from "./restore-run.js";
import { restoreToImage, type ImageRestored } from "./restore-to-image.js";
import { restoreToSnapshot, type SnapshotRestored } from "./restore-to-snapshot.js";
import { recordedRestore } from "./recorded-restore.js";
import { restoreToVolume, type VolumeRestored } from "./restore-to-volume.js";
import { resolveSnapshotRestoreOptions, resolveVolumeRestoreOptions, type SnapshotRestoreOptions, type VolumeRestoreOptions } from "./volume-restore-options.js";
import { carryOutUndo, type RestoreUndone } from "./undo/carry-out-undo.js";
import { planUndo, type RestoreUndoPlan } from "./undo/plan-undo.js";
import { checkUndoPlan, resolvePlanUndoOptions, resolveUndoOptions, type PlanUndoOptions, type UndoOptions } from "./undo/undo-options.js";
import { whileLeased, type HeldRestore, type LeasedRestore } from "./while-leased.js";
import { planThawFirst, thawFirst, type RestoreThawOptions, type RestoreThawPlan } from "./thaw/thaw-first.js";
import type { VerifyRestoreEvent } from "./verify/verify-events.js";
import type { VerifyRestoreOptions } from "./verify/verify-options.js";
import { verifyRestore } from "./verify/verify-restore.js";

/** What a restore takes from the machine around it. */
export interface RestoreEnvironment extends EngineEnvironment {
  readonly imageFiles: ImageFiles;
}

type Timed = "startedAt" | "endedAt" | "durationMs";

/**
 * Gives back what restore points hold: as new volumes, as raw disk images, as block devices, or file by file.
 *
 * @example
 * const restore = new Restore({ repository, account });
 * const { volumeId } = await restore.volume(point, { volume: "vol-0def", availabilityZone: "eu-west-1a" });
 */
export class Restore {
  readonly #options: ResolvedRestoreOptions;
  readonly #environment: EngineEnvironment;
  readonly #imageFiles: ImageFiles;

  constructor(options: RestoreOptions, environment: Partial<EngineEnvironment> & Pick<RestoreEnvironment, "imageFiles">) {
    this.#options = resolveRestoreOptions(options);
    this.#environment = resolveEnvironment(environment);
    this.#imageFiles = environment.imageFiles;
  }

  /**
   * Makes a new volume out of a restore point's, in any region of the account: its blocks are written into a snapshot, the
   * volume is made of that and waited for, and the snapshot removed. Over `parentSnapshotId` only what differs is written. Everything is checked before the first thing is made;
   * after a failure or an abort what was made is removed again.
   *
   * @example
   * const session = restore.volume(point, { volume: "vol-0def", availabilityZone: "eu-west-1a" });
   * const { volumeId } = await session;
   */
  volume(point: RestorePoint | string, options: VolumeRestoreOptions): Session<VolumeRestored, RestoreEvent> {
    const wanted = resolveVolumeRestoreOptions(options);
    const account = this.#account();
    return this.#start(`restore of a volume to ${wanted.availabilityZone}`, point, wanted, async (run, source) => await restoreToVolume(run, source, { ...wanted, signal: run.signal }, account));
  }

  /**
   * Writes a restore point's volume into a new snapshot, which stays, and makes no volume of it: for images, launch templates, other
   * accounts. After a failure or an abort it is removed again.
   *
   * @example
   * const { snapshotId } = await restore.snapshot(point, { volume: "vol-0def" });
   */
  snapshot(point: RestorePoint | string, options: SnapshotRestoreOptions = {}): Session<SnapshotRestored, RestoreEvent> {
    const account = this.#account();
    const wanted = resolveSnapshotRestoreOptions(options, account.region);
    return this.#start(`restore into a snapshot in ${wanted.region}`, point, wanted, async (run, source) => await restoreToSnapshot(run, source, { ...wanted, signal: run.signal }, account));
  }

  /**
   * Writes a restore point's volume as a raw disk image: sparse, byte for byte as the volume was, no AWS needed. An existing
   * file is left alone (`ConflictError`, `ImageExists`) unless `overwrite` is true; after a failure or an abort nothing is left.
   *
   * `path` may be a block device, too, which is then written by nobody else: `ConflictError` (`DeviceInUse`) where it or a part of it is mounted, `ConfigurationError` (`DeviceTooSmall`). It must be
   * said with `overwrite`, and after a failure it holds a part of the image (event `restore:left`).
   *
   * @example
   * await restore.image(point, { volume: "vol-0def", path: "disk.img" });
   */
  image(point: RestorePoint | string, options: ImageRestoreOptions): Session<ImageRestored, RestoreEvent> {
    const wanted = resolveImageRestoreOptions(options);
    return this.#start(`restore of an image to ${wanted.path}`, point, wanted, async (run, source) => await restoreToImage(run, source, wanted, this.#imageFiles));
  }

  /**
   * Opens a restore point's volume as a block device: an NBD export, read at random out of the repository, without a restore
   * and without AWS. It stays open, and its restore point pinned, until it is closed or `signal` is aborted.
   *
   * @example
   * await using device = await restore.blockDevice(point, { volume: "vol-0def" });
   * console.log(device.uri);
   */
  async blockDevice(point: RestorePoint | string, options: BlockDeviceOptions = {}): Promise<BlockDevice> {
    return await BlockDevice.open(this.#environment, this.#options.repository, point, resolveBlockDeviceOptions(options));
  }

  /**
   * Opens the file systems of a restore point: to list, read, search, compare and save files and folders, without a restore and
   * without AWS. Only what a question needs is read. The point is pinned until the result is closed.
   *
   * @example
   * await using files = await restore.files(point);
   * await pipeline(files.fileSystem("vol-0def/1").tar("/etc"), createWriteStream("etc.tar"));
   */
  async files(point: RestorePoint | string, options: RestoreFilesOptions = {}): Promise<RestoreFiles> {
    return await RestoreFiles.open(this.#environment, this.#options.repository, point, options);
  }

  /**
   * Restores an instance: to the original, which is stopped, gets the volumes of the point and starts again (and is made anew where it is gone), or
   * to a new instance, in any region and account, with everything that was captured and whatever `to` changes of it. Everything is checked before
   * the first thing is made. After a failure or an abort what was done is undone; a restore whose process died is gone on with by its `id`, or
   * undone by {@link Restore.undoInstance}. See docs/instance-restore.md.
   *
   * @example
   * const { instanceId } = await restore.instance(point, { to: { name: "web restored", subnetId, securityGroupIds } });
   */
  instance(point: RestorePoint | string, options: InstanceRestoreOptions): Session<InstanceRestored, RestoreEvent> {
    const wanted = resolveInstanceRestoreOptions(options);
    const account = instanceAccount(this.#options.account);
    return this.#run<Omit<InstanceRestored, Timed>>(`restore of an instance to ${wanted.to === "original" ? "the original" : "a new one"}`, point, leased(wanted), async (run) => {
      const found = typeof point === "string" ? await findPoint(run.repository, point, run) : point;
      return await restoreInstance(run, found, await findTarget(account, found, wanted, run), wanted);
    });
  }

  /**
   * Rolls a volume back: takes a snapshot of it as it is now, writes over that only what differs from the restore point, makes a volume of it that is as the present one, and puts it in its place: the instance that has the
   * volume is stopped, gets the new one and starts again. A volume that is attached to nothing stays as it is beside the new one. After a failure or an abort what was done is undone; a replacement whose process died is
   * gone on with by its `id`, or undone by {@link Restore.undoInstance}. See docs/instance-restore.md.
   *
   * @example
   * const { volumeId, blocks } = await restore.replaceVolume(point, { volumeId: "vol-0def" });
   */
  replaceVolume(point: RestorePoint | string, options: ReplaceVolumeOptions): Session<VolumeReplaced, RestoreEvent> {
    const account = instanceAccount(this.#options.account);
    const wanted = resolveReplaceVolumeOptions(options, account.region);
    return this.#run<Omit<VolumeReplaced, Timed>>(`restore in place of ${wanted.volumeId}`, point, leased(wanted), async (run) => {
      const { source, target } = await findReplacement(run.repository, account, point, wanted, run);
      await thawFirst(run.repository, source.point, { volumes: [source.volumeId], thaw: wanted.thaw, emit: run.session.emit, signal: run.signal });
      await assertReadable(source.map, run);
      return await replaceVolume(run, source, target, wanted);
    });
  }

  /** What `replaceVolume` would do with these options: step by step, how much it writes, whether an instance is stopped for it, what is in its way, permissions, quotas, cost and time. Changes nothing. */
  async planReplaceVolume(point: RestorePoint | string, options: ReplaceVolumeOptions): Promise<ReplaceVolumePlan> {
    const account = instanceAccount(this.#options.account);
    const wanted = resolveReplaceVolumeOptions(options, account.region);
    checkPoint(point);
    const { repository } = this.#options;
    const call = { signal: wanted.signal };
    const { source, target } = await findReplacement(repository, account, point, wanted, call);
    return await planReplaceVolume({ repository, source, target, options: wanted, ...(await this.#thawPlan(source, wanted)) }, call);
  }

  /** What `instance` would do with these options: what it makes, what is missing for it, what it costs. Changes nothing. */
  async planInstance(point: RestorePoint | string, options: InstanceRestoreOptions): Promise<InstanceRestorePlan> {
    const wanted = resolveInstanceRestoreOptions(options);
    const call = { signal: wanted.signal };
    checkPoint(point);
    const found = typeof point === "string" ? await findPoint(this.#options.repository, point, call) : point;
    const target = await findTarget(this.#options.account, found, wanted, call);
    return await planInstance({ point: found, target, options: wanted, marks: new RestoreMarks(wanted.id ?? "", digestOf(found.id, wanted)) }, this.#options.repository, call);
  }

  /**
   * Takes an instance's restore or a volume's replacement back that failed or whose process died: the original gets its old volumes again, what was made is removed. One that is
   * done is left alone, but for what it needed no more. It can be killed and called again.
   *
   * @example
   * const { left } = await restore.undoInstance(id, { region: "eu-west-1" });
   */
  async undoInstance(id: string, options: UndoInstanceOptions = {}): Promise<InstanceUndone> {
    const { region, takeOver, signal } = resolveUndoInstanceOptions(options);
    const account = instanceAccount(this.#options.account);
    const target = { compute: account.compute(region ?? account.region), instances: account.instanceCompute(region ?? account.region) };
    const marks = new RestoreMarks(checkRestoreId(id), "");
    return await whileLeased(this.#undoTurn(id, { takeOver, signal }), async (lease) => await undoInstance({ target, marks, call: { signal: ownSignal([signal, lease?.lost]) } }));
  }

  /**
   * What {@link Restore.undo} would remove of what `volume` or `snapshot` made in the cloud: by the restore's `id`, or by its session where it had none, so that nothing of a process that died stays for ever. Changes nothing. A
   * finished volume is named too; what is attached, or was made by others, stays, with the reason. `image` leaves nothing to be undone.
   */
  async planUndo(id: string, options: PlanUndoOptions = {}): Promise<RestoreUndoPlan> {
    const { region, signal } = resolvePlanUndoOptions(options);
    const account = this.#account();
    const plan = await planUndo({ repository: this.#options.repository, account, region: region ?? account.region }, checkRestoreId(id), { signal });
    return printable<RestoreUndoPlan>(plan, printUndoPlan);
  }

  /**
   * Removes what a plan of {@link Restore.planUndo} names, and nothing else, as far as it carries the restore's marks still and is attached to nothing. It can be killed and called again.
   *
   * @example
   * const { removed, left } = await restore.undo(await restore.planUndo("monday01"));
   */
  async undo(plan: RestoreUndoPlan, options: UndoOptions = {}): Promise<RestoreUndone> {
    const { takeOver, signal } = resolveUndoOptions(options);
    const { id, region } = checkUndoPlan(plan);
    const place = { repository: this.#options.repository, account: this.#account(), region };
    return await whileLeased(this.#undoTurn(id, { takeOver, signal }), async (lease) => await carryOutUndo(place, plan, { signal: ownSignal([signal, lease?.lost]) }));
  }

  /**
   * Tries out whether a restore point can be restored: reads and proves blocks of each volume, checks its file systems without changing them, compares hashes of files
   * and, with `boot`, starts a machine from the disk and waits until it has booted. Nothing is changed, nothing needs AWS. What was found is kept with the point
   * (`point.verifications()`), together with how long a restore takes. It resolves also where something is wrong: `isVerified` says so, `failures` what.
   *
   * @example
   * const { isVerified, failures } = await restore.verify(point, { boot: { volume: "vol-0def" } });
   */
  verify(point: RestorePoint | string, options: VerifyRestoreOptions = {}): Session<RestoreVerification, VerifyRestoreEvent> {
    return verifyRestore({ ...this.#environment, repository: this.#options.repository, imageFiles: this.#imageFiles }, point, options);
  }

  /**
   * Looks for files by name in all restore points of a resource, and gives each distinct version of each once, with the points that hold it. Every point is opened in turn and its
   * folders are read; `path`, `fileSystem` and `since` spare what is not wanted.
   *
   * @example
   * for await (const { path, versions } of restore.searchFiles({ resource, name: /\.sql$/, path: "/srv" })) console.log(path, versions.length);
   */
  searchFiles(options: SearchPointsOptions): AsyncIterable<FoundFile> {
    return searchPoints(this.#environment, this.#options.repository, options);
  }

  /** What `volume` would do with these options: what it makes, how much it reads and writes, what is missing for it, permissions, quotas, cost and time. Makes nothing. */
  async planVolume(point: RestorePoint | string, options: VolumeRestoreOptions): Promise<VolumeRestorePlan> {
    const wanted = resolveVolumeRestoreOptions(options);
    const account = this.#account();
    const found = await findSource(this.#options.repository, point, wanted.volume, wanted);
    const volume = await planVolume(found, wanted, account);
    const { repository } = this.#options;
    const source = { ...(await measureSource(found, wanted)), ...(await this.#thawPlan(found, wanted)) };
    const over = await planWritesOver({ repository, account, region: volume.region, source: found, whole: source, planned: volume, sizeBytes: snapshotSizeBytes(found), compare: wanted.compare }, wanted.parentSnapshotId, { signal: wanted.signal });
    const needs = await planVolumeNeeds({ account, volume, ...over, storageClass: repository.storage.storageClass }, { signal: wanted.signal });
    return printable<VolumeRestorePlan>({ kind: "volume", source, volume, ...over, putSnapshotBlockCalls: over.writes.blocks, keepSnapshot: wanted.keepSnapshot ?? false, ...needs }, printRestorePlan);
  }

  /** What `snapshot` would do with these options: what it makes, and how much it reads and writes. Makes nothing. */
  async planSnapshot(point: RestorePoint | string, options: SnapshotRestoreOptions = {}): Promise<SnapshotRestorePlan> {
    const account = this.#account();
    const wanted = resolveSnapshotRestoreOptions(options, account.region);
    const found = await findSource(this.#options.repository, point, wanted.volume, wanted);
    const snapshot = await planSnapshot(found, wanted);
    const source = await measureSource(found, wanted);
    const { repository } = this.#options;
    const over = await planWritesOver({ repository, account, region: snapshot.region, source: found, whole: source, planned: snapshot, sizeBytes: snapshot.sizeBytes, compare: wanted.compare }, wanted.parentSnapshotId, { signal: wanted.signal });
    return printable<SnapshotRestorePlan>({ kind: "snapshot", source, snapshot, ...over, putSnapshotBlockCalls: over.writes.blocks }, printRestorePlan);
  }

  /** What `image` would do with these options. Makes nothing. */
  async planImage(point: RestorePoint | string, options: ImageRestoreOptions): Promise<ImageRestorePlan> {
    const wanted = resolveImageRestoreOptions(options);
    const found = await findSource(this.#options.repository, point, wanted.volume, wanted);
    const plan = await planImageRestore(found, wanted);
    return printable<ImageRestorePlan>({ ...plan, source: { ...plan.source, ...(await this.#thawPlan(found, wanted)) } }, printRestorePlan);
  }

  /** What `blockDevice` of a volume, or `files` of all of them, would need of an archive. Opens and changes nothing. */
  async planOpening(point: RestorePoint | string, options: OpeningPlanOptions = {}): Promise<OpeningPlan> {
    const { volume, thaw, signal } = resolveOpeningPlanOptions(options);
    const { repository } = this.#options;
    checkPoint(point);
    const found = typeof point === "string" ? await repository.restorePoint(point, { signal }) : point;
    const volumes: OpeningPlan["volumes"][number][] = [];
    for (const id of volume === undefined ? found.volumes.map(({ volumeId }) => volumeId) : [volume]) {
      const source = await findSource(repository, found, id, { signal });
      const { volumeSizeBytes: sizeBytes, presentBlocks } = source.map.root;
      volumes.push({ volume: id, sizeBytes, dataBytes: presentBlocks * blockSizeBytes, ...(await this.#thawPlan(source, { thaw, signal })) });
    }
    return { kind: "opening", restorePoint: found.id, volumes };
  }

  /** How it prints: from where, and as whom. */
  [inspect.custom](): string {
    return `Restore from ${this.#options.repository.location}`;
  }

  async #thawPlan({ point, volumeId }: RestoreSource, { thaw, signal }: { readonly thaw?: RestoreThawOptions | undefined } & CallOptions): Promise<{ readonly thaw?: RestoreThawPlan }> {
    const plan = await planThawFirst(this.#options.repository, point, { volume: volumeId, thaw, signal });
    return plan === undefined ? {} : { thaw: plan };
  }

  #undoTurn(id: string, given: Pick<LeasedRestore, "takeOver" | "signal">): LeasedRestore {
    const { clock, logger, random } = this.#environment;
    const onWaiting = (waiting: RestoreWaiting): void => logger.info("an undo waits for another process that may still work at the restore", { restore: id, ...waiting });
    return { repository: this.#options.repository, logger, id, session: newSessionId(random), startedAt: clock.now(), onWaiting, ...given };
  }

  #account(): CloudAccount {
    if (this.#options.account !== undefined) return this.#options.account;
    throw optionError("account", "is needed to restore a volume: new Restore({ repository, account }). Images need none.");
  }

  #start<Result extends object>(
    title: string,
    point: RestorePoint | string,
    wanted: { readonly id?: string | undefined; readonly takeOver?: boolean | undefined; readonly volume?: string | undefined; readonly thaw?: RestoreThawOptions | undefined } & CallOptions,
    work: (run: RestoreRun, source: RestoreSource) => Promise<Result>,
  ): Session<Result & Pick<VolumeRestored, Timed>, RestoreEvent> {
    return this.#run(title, point, wanted, async (run) => {
      const source = await findSource(run.repository, point, wanted.volume, run);
      await thawFirst(run.repository, source.point, { volumes: [source.volumeId], thaw: wanted.thaw, emit: run.session.emit, signal: run.signal });
      await assertReadable(source.map, run);
      return await work(run, source);
    });
  }

  /** Runs a restore while its point is pinned, and while no other process works at its id. */
  #run<Result extends object>(title: string, point: RestorePoint | string, wanted: RunWanted, work: (run: RestoreRun) => Promise<Result>): Session<Result & Pick<VolumeRestored, Timed>, RestoreEvent> {
    checkPoint(point);
    const record = async (session: RunningSession<RestoreEvent>): Promise<Result & Pick<VolumeRestored, Timed>> =>
      await recordedRestore({ ...this.#environment, ...this.#options, session, point, title, signal: wanted.signal }, async (recorded) => await this.#pinned(point, wanted, recorded, work));
    return Session.start(title, this.#environment, record);
  }

  async #pinned<Result extends object>(point: RestorePoint | string, wanted: RunWanted, session: RunningSession<RestoreEvent>, work: (run: RestoreRun) => Promise<Result>): Promise<Result & Pick<VolumeRestored, Timed>> {
    const { clock, logger } = this.#environment;
    const startedMs = clock.monotonicMs();
    session.emit({ type: "session:started", session: session.id });
    const signal = ownSignal([wanted.signal]);
    signal.throwIfAborted();
    const { repository, workers } = this.#options;
    const pin = async (): Promise<ReaderSession> => await repository.pin([point], { signal });
    const result = await this.#leased(wanted, session, signal, async (lease) => {
      const own = ownSignal([signal, lease?.lost]);
      return await whilePinned({ what: "restore", pin, logger, signal: own }, async () => await work({ ...this.#environment, session, workers, repository, signal: own, lease }));
    });
    session.emit({ type: "session:ended", session: session.id });
    return { ...result, startedAt: session.startedAt.toISOString(), endedAt: clock.now().toISOString(), durationMs: Math.round(clock.monotonicMs() - startedMs) };
  }

  async #leased<Result>(wanted: RunWanted, session: RunningSession<RestoreEvent>, signal: AbortSignal, work: (lease: HeldRestore | undefined) => Promise<Result>): Promise<Result> {
    const id = wanted.isLeased === true ? (wanted.id ?? session.id) : wanted.id;
    if (id === undefined) return await work(undefined);
    const onWaiting = (waiting: RestoreWaiting): void => session.emit({ type: "restore:waiting", id, ...waiting });
    const { takeOver } = wanted;
    return await whileLeased({ repository: this.#options.repository, logger: this.#environment.logger, id, session: session.id, startedAt: session.startedAt, signal, takeOver, onWaiting }, work);
  }
}

/** What a restore that is run goes by. */
interface RunWanted extends CallOptions {
  /** By which it can be gone on with. */
  readonly id?: string | undefined;
  /** Whether it is, where no id is given, gone on with by its session's. */
  readonly isLeased?: boolean | undefined;
  readonly takeOver?: boolean | undefined;
}

function leased({ id, takeOver, signal }: RunWanted): RunWanted {
  return { id, takeOver, signal, isLeased: true };
}
