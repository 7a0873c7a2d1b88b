import { inspect } from "node:util";
import { ControlObjects } from "../mover/protocol/control-objects.js";
import type { RemoteRestore } from "../mover/do-work.js";
import { restoreBlocks, type RemoteVolumeRestore, type VolumeBackupResult, type VolumeBackupTask, type VolumeRestoreContext, type VolumeRestoreResult } from "../mover/index.js";
import type { BlockWriter, CallOptions, Tags } from "../ports/index.js";
import { sessionTag } from "./tags/restore-tags.js";
import { noRequests } from "../repository/requests/request-counts.js";
import type { RepositoryTask } from "../repository/workers/repository-workers.js";
import { publishBundle } from "./bootstrap/publish-bundle.js";
import { WorkerFleet, type WorkerNeed } from "./fleet/worker-fleet.js";
import type { PoolContext, WorkerPoolEnvironment } from "./pool-context.js";
import type { ResolvedPoolOptions } from "./pool-options.js";
import { bytesToRead } from "./profiles/count-blocks.js";
import { chooseProfile, typesOf } from "./profiles/choose-profile.js";
import { accessOf } from "./roles/temporary-role.js";
import { renderTags } from "./tags/tag-templates.js";
import type { RemoteAttempt } from "./tasks/remote-attempt.js";
import { readBackupResult, readRestoreResult } from "./tasks/remote-results.js";
import { remoteSecrets } from "./tasks/remote-secrets.js";
import { runTask } from "./tasks/run-task.js";
import { workInRepository } from "./tasks/work-in-repository.js";
import { interfaceServices } from "./network/network-plan.js";
import { StoredRestoreNote } from "./restores/stored-restore-note.js";
import { wasCompleted } from "./restores/was-completed.js";
import type { BackupContext, NotedRestore, RegionalLabels, RestoreNote, WorkLabels, WorkMachine, Workers } from "./workers.js";

const gib = 2 ** 30;

/** Moves data on instances of their own: one volume a task, each near to where its data is. */
export class RemoteWorkers implements Workers {
  readonly #context: PoolContext;
  readonly #fleet: WorkerFleet;

  constructor(options: ResolvedPoolOptions, environment: WorkerPoolEnvironment) {
    const { clock, random, logger, pace } = environment;
    const once = new Map<string, Promise<unknown>>();
    const remember = async <Result>(key: string, make: () => Promise<Result>): Promise<Result> => {
      const known = once.get(key) ?? make();
      once.set(key, known);
      try {
        return (await known) as Result;
      } catch (error) {
        once.delete(key);
        throw error;
      }
    };
    const control = async (): Promise<ControlObjects> => await remember("control", async () => new ControlObjects(await environment.openConfiguration(options)));
    this.#context = {
      options,
      clock,
      random,
      logger,
      pace,
      engine: random.bytes(16).toString("hex"),
      control,
      bundle: async (architecture) => await remember(architecture, async () => await publishBundle((await control()).store, options, environment, architecture)),
    };
    this.#fleet = new WorkerFleet(this.#context);
  }

  /** What the pool's other operations work with. */
  get context(): PoolContext {
    return this.#context;
  }

  get fleet(): WorkerFleet {
    return this.#fleet;
  }

  async backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult> {
    const { point, account, signal, labels } = context;
    const handed = point.handOver();
    const secrets = await remoteSecrets(this.#context, handed, account, task.region, { signal });
    const need = this.#need("backup", { region: task.region, sizeBytes: await this.#sizeOf(task, context), labels, access: await accessOf(this.#context.options, { operation: "backup", secrets, isImmutable: handed.isImmutable }, { signal }) }, { signal });
    const told = { method: false };
    const { result, attempt, time } = await runTask(this.#context, this.#fleet, {
      need,
      work: { kind: "backup", task: { ...withoutUndefined(task), attributes: { ...task.attributes } } },
      secrets: { ...secrets, groupName: handed.groupName },
      onStatus: ({ method, progress, isResumable }) => {
        if (isResumable === true) point.noteResumable(task.snapshotId);
        if (method !== undefined && !told.method) context.onMethod?.({ method: method.method, baseSnapshotId: method.baseSnapshotId, fullReason: method.fullReason });
        told.method ||= method !== undefined;
        if (progress !== undefined) context.onProgress?.(progress);
      },
    });
    attempt.hold();
    const done = await heldWhile(attempt, () => readBackupResult(result, task));
    await point.adoptVolume(done.written, { throwIfLost: () => attempt.throwIfLost(), release: async () => await attempt.release() }, task);
    const { method, baseSnapshotId, fullReason } = done.result;
    if (!told.method) context.onMethod?.({ method, baseSnapshotId, fullReason });
    // a worker of an older bundle does not say what it asked for
    const { requests = [], storeRequests = noRequests } = done.result.worker ?? {};
    return { ...done.result, worker: { ...time, requests, storeRequests } };
  }

  async restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>> {
    const { remote, writer, signal } = context;
    // a file is written where it lies
    if (remote === undefined) return await restoreBlocks(context);
    const { account, target } = remote;
    try {
      const made = await this.#restoreOnWorker(context, remote);
      await account.compute(target.region).waitForSnapshot(made.snapshotId, { signal });
      const { blocks, snapshotId } = made;
      return { made: { snapshotId } as Result, blocks };
    } catch (error) {
      await abort(writer, context);
      throw error;
    }
  }

  /** The snapshot that a worker has completed: the one that was begun here, and no other. */
  async #restoreOnWorker<Result>({ map, writer, startIndex, signal, onProgress, onWrittenBelow }: VolumeRestoreContext<Result>, remote: RemoteVolumeRestore): Promise<RemoteRestore> {
    const { account, target } = remote;
    const handed = remote.repository.handOver("restore");
    const secrets = await remoteSecrets(this.#context, handed, account, target.region, { signal });
    const access = await accessOf(this.#context.options, { operation: "restore", secrets, isImmutable: handed.isImmutable, sessionId: target.tags[sessionTag] }, { signal });
    const need = this.#need("restore", { region: target.region, sizeBytes: target.volumeSizeBytes, labels: { sessionId: remote.sessionId, resourceId: remote.resource }, access }, { signal });
    let wasReplaced = false;
    let ended: Awaited<ReturnType<typeof runTask>>;
    try {
      ended = await runTask(this.#context, this.#fleet, {
        need,
        work: { kind: "restore", restorePoint: remote.restorePoint, volumeId: remote.volumeId, target: { ...withoutUndefined(target), tags: { ...target.tags } } },
        secrets: { ...secrets, ...(startIndex !== undefined && { startIndex }) },
        onStatus: ({ progress, writtenBelow }) => {
          if (progress !== undefined) onProgress?.(progress);
          if (writtenBelow !== undefined) onWrittenBelow?.(writtenBelow);
        },
        onLost: () => (wasReplaced = true),
      });
    } catch (failure) {
      if (!(await wasCompleted(this.#context, account.compute(target.region), writer.target, { failure, wasReplaced }, { signal }))) throw failure;
      this.#context.logger.info("a worker that was lost had completed its restore", { snapshotId: writer.target });
      return { snapshotId: writer.target, blocks: map.root.presentBlocks };
    }
    const { result, attempt } = ended;
    attempt.hold();
    await attempt.release();
    return readRestoreResult(result, writer.target);
  }

  async noteRestore(restore: NotedRestore, options: CallOptions = {}): Promise<RestoreNote> {
    return await StoredRestoreNote.write(this.#context, restore, options);
  }

  async workInRepository(task: RepositoryTask, labels: WorkLabels = {}): Promise<unknown> {
    const tags = this.tagsFor({ ...labels, region: task.repository.place.region });
    return await workInRepository(this.#context, this.#fleet, task, { policy: labels.policyName, tags });
  }

  machineFor({ region, sizeBytes }: { readonly region: string; readonly sizeBytes: number }): WorkMachine {
    const { profiles, privateNetworking, networks, kmsKeyId } = this.#context.options;
    const [instanceType = ""] = typesOf(profiles, chooseProfile(profiles, { operation: "backup", sizeBytes }), region);
    const endpoints = privateNetworking ? interfaceServices(this.#context.options).length * (networks[region]?.subnetIds.length ?? 0) : 0;
    return { instanceType, endpoints, hasEndpoints: privateNetworking, usesKms: kmsKeyId !== undefined };
  }

  tagsFor({ region, ...labels }: RegionalLabels): Tags {
    const { applianceId, tags } = this.#context.options;
    const { policyId = labels.policyName ?? "", policyName = "", sessionId = "", resourceId = "" } = labels;
    return renderTags(tags, { applianceId, policyId, policyName, sessionId, resourceId, region });
  }

  /** How it prints: where and how many. */
  [inspect.custom](): string {
    const { applianceId, maxWorkers } = this.#context.options;
    return `on EC2, appliance ${applianceId}, ${String(this.#fleet.size)} of at most ${String(maxWorkers)} workers`;
  }

  /** By what the worker is sized. */
  async #sizeOf(task: VolumeBackupTask, { point, account, signal, volumeSizeBytes = gib }: BackupContext): Promise<number> {
    const { sizeBy, profiles } = this.#context.options;
    if (sizeBy === "volume") return volumeSizeBytes;
    const base = task.ignoreBase === true ? undefined : await point.newestSourceOf(task.resource);
    const reader = await account.openSnapshotReader({ region: task.region, snapshotId: task.snapshotId, session: task.session }, { signal });
    try {
      return await bytesToRead(reader, { base, enoughBytes: (profiles.largeAboveGib + 1) * gib, signal });
    } finally {
      await reader.close();
    }
  }

  #need(operation: "backup" | "restore", of: { readonly region: string; readonly sizeBytes: number; readonly labels?: WorkLabels | undefined; readonly access: WorkerNeed["access"] }, { signal }: CallOptions): WorkerNeed {
    const { options } = this.#context;
    const { region, sizeBytes, labels = {}, access } = of;
    const tags = this.tagsFor({ ...labels, region });
    return { region, profile: chooseProfile(options.profiles, { operation, sizeBytes }), policy: labels.policyName, access, tags, signal };
  }
}

/** What of a held attempt is looked at before the point holds it: one that is no good is let go. */
async function heldWhile<Result>(attempt: RemoteAttempt, read: () => Result): Promise<Result> {
  try {
    return read();
  } catch (error) {
    await attempt.release();
    throw error;
  }
}

async function abort(writer: BlockWriter, context: Pick<VolumeRestoreContext<unknown>, "onLeftBehind">): Promise<void> {
  try {
    await writer.abort();
  } catch (error) {
    context.onLeftBehind(writer.target, error);
  }
}

/** JSON knows no `undefined`: such members are left out. */
function withoutUndefined<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as { [Key in keyof Value]: Exclude<Value[Key], undefined> };
}
