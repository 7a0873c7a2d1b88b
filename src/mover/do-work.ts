import { ConfigurationError, IllegalStateError, mistake } from "../errors/index.js";
import type { CloudAccount } from "../ports/index.js";
import { Repository } from "../repository/repository.js";
import type { RepositoryReport } from "../repository/do-repository-work.js";
import type { WorkEvent } from "../repository/workers/repository-workers.js";
import type { VolumePart, WrittenVolume } from "../repository/writer/volume-part.js";
import { StoreRequests } from "../repository/requests/counting-object-store.js";
import { measuringRequests, type Progress } from "../session/index.js";
import type { BackupMethod } from "../transfer/backup-volume.js";
import { backUpVolume } from "./back-up-volume.js";
import type { MoverEnvironment } from "./mover-environment.js";
import type { OrderSecrets, RepositoryAccess, TaskDocument } from "./protocol/documents.js";
import { restoreBlocks } from "./restore-blocks.js";
import type { VolumeBackupResult, WorkerUse } from "./volume-result.js";

/** What a backup's outcome says. */
export interface RemoteBackup {
  readonly result: Omit<VolumeBackupResult, "worker"> & { readonly worker?: Pick<WorkerUse, "requests" | "storeRequests"> | undefined };
  readonly written: WrittenVolume;
}

/** What a restore's outcome says. */
export interface RemoteRestore {
  readonly snapshotId: string;
  readonly blocks: number;
}

export interface WorkHooks {
  /** Whether an earlier worker was lost at this task. */
  readonly isRepeated: boolean;
  readonly signal: AbortSignal;
  readonly onMethod: (method: BackupMethod) => void;
  readonly onProgress: (progress: Progress) => void;
  /** Of a restore, ascending: every block below this index is in the target. */
  readonly onWrittenBelow: (index: number) => void;
  /** What happens in a repository's own work. */
  readonly onEvent: (event: WorkEvent) => void;
  /** Called before anything is written: from then on the part's lease is to be looked after. */
  readonly onPart: (part: VolumePart) => void;
}

/** Does what a task says, up to what its outcome says. */
export async function doWork(environment: MoverEnvironment, task: TaskDocument, secrets: OrderSecrets, hooks: WorkHooks): Promise<RemoteBackup | RemoteRestore | RepositoryReport> {
  const work = hooks.isRepeated ? goneOnWith(task) : task.work;
  const repository = await openRepository(environment, secrets.repository);
  const { clock, random, sealer } = environment;
  const { signal, onMethod, onProgress, onEvent } = hooks;
  switch (work.kind) {
    case "backup": {
      const account = openAccount(environment, secrets);
      if (secrets.groupName === undefined) throw new IllegalStateError(`A backup's order names no group. ${mistake}`, { code: "IncompleteOrder" });
      const storeRequests = new StoreRequests();
      const { groupName } = secrets;
      return await measuringRequests([account.requests, repository.requests], async (asked) => {
        const point = repository.counting(storeRequests).beginPart(groupName, { signal });
        hooks.onPart(point);
        const result = await backUpVolume(work.task, { account, point, clock, random, sealer, signal, onMethod, onProgress });
        const { written } = point;
        if (written === undefined) throw new IllegalStateError(`A backup ended without a record. ${mistake}`, { code: "NothingWritten" });
        return { result: { ...result, worker: { requests: asked() ?? [], storeRequests: storeRequests.counts } }, written };
      });
    }
    case "restore":
      return await restore(environment, { account: openAccount(environment, secrets), repository, work, startIndex: secrets.startIndex }, hooks);
    case "copy":
    case "verify":
    case "collect":
      return await repository.work(work, { target: secrets.target && (await openRepository(environment, secrets.target)), sealer, signal, onEvent });
  }
}

/** Of a verification of everything, what an earlier worker has read and found right is not read again; a sample begins with what was not read for longest by itself. */
function goneOnWith({ work, createdAt }: TaskDocument): TaskDocument["work"] {
  return work.kind === "verify" && work.options.sample === 1 ? { ...work, options: { ...work.options, since: work.options.since ?? createdAt } } : work;
}

interface RestoreWork {
  readonly account: CloudAccount;
  readonly repository: Repository;
  readonly work: Extract<TaskDocument["work"], { readonly kind: "restore" }>;
  /** Where the worker before this one was. */
  readonly startIndex: number | undefined;
}

async function restore({ clock, logger, opener }: MoverEnvironment, { account, repository, work, startIndex }: RestoreWork, { signal, onProgress, onWrittenBelow }: WorkHooks): Promise<RemoteRestore> {
  const point = await repository.restorePoint(work.restorePoint, { signal });
  const map = await point.blockMap(work.volumeId, { signal });
  // the engine waits for it, by EC2, which a worker in a private network need not reach
  const opened = await account.openSnapshotWriter({ ...work.target, isWaitedForElsewhere: true }, { signal });
  // the snapshot is the engine's to remove: a worker that takes this one's place goes on with it
  const writer = { target: opened.target, write: opened.write.bind(opened), complete: opened.complete.bind(opened), abort: () => Promise.resolve() };
  const { made, blocks } = await restoreBlocks({ map, writer, startIndex, clock, opener, signal, onProgress, onWrittenBelow, onLeftBehind: (target, error) => logger.warn("a snapshot is left to the engine", { target, error: String(error) }) });
  return { snapshotId: made.snapshotId, blocks };
}

function openAccount(environment: MoverEnvironment, { account }: OrderSecrets): CloudAccount {
  if (account === undefined) throw new IllegalStateError(`An order names no account of the snapshot. ${mistake}`, { code: "IncompleteOrder" });
  return environment.openAccount(account);
}

async function openRepository(environment: MoverEnvironment, access: RepositoryAccess): Promise<Repository> {
  const storage = environment.openStorage(access);
  const { repositoryId, keyRole, secret, kmsKeyId } = access;
  if (kmsKeyId !== undefined) {
    const opened = await Repository.open({ storage, encryption: { kmsKeyId } }, environment);
    if (opened.id === repositoryId) return opened;
    throw new ConfigurationError(`The repository at ${storage.location} is another than the one that was meant (id ${repositoryId}): somebody put it in its place. Nothing was written. Put the right one back.`, { code: "OtherRepository", context: { location: storage.location, repositoryId } });
  }
  if (secret === undefined) throw new IllegalStateError(`An order has neither the repository's keys nor the name of a KMS key. ${mistake}`, { code: "IncompleteOrder" });
  return await Repository.openWithKeys({ storage, repositoryId, role: keyRole, secret: Buffer.from(secret, "base64") }, environment);
}
