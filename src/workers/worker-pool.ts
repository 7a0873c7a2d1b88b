import { inspect } from "node:util";
import { ConfigurationError, IllegalStateError } from "../errors/index.js";
import { checkCallOptions } from "../options/call-options.js";
import type { ReaderBackupContext, ReaderBackupResult, ReaderBackupTask, VolumeBackupResult, VolumeBackupTask, VolumeRestoreContext, VolumeRestoreResult } from "../mover/index.js";
import { resolveInProcessOptions, type InProcessOptions } from "./in-process-options.js";
import { InProcessWorkers } from "./in-process-workers.js";
import type { WorkerPoolEnvironment } from "./pool-context.js";
import type { BlockReader, CallOptions, NetworkPart, Tags } from "../ports/index.js";
import type { RepositoryTask } from "../repository/workers/repository-workers.js";
import { createNetwork, planNetwork, removeNetwork } from "./network/create-network.js";
import type { PreflightFinding } from "./network/finding.js";
import type { NetworkOptions, NetworkPlan } from "./network/network-plan.js";
import { preflight, type PreflightOptions } from "./network/preflight.js";
import { resolvePoolOptions, type WorkerNetwork, type WorkerPoolOptions } from "./pool-options.js";
import { reap } from "./reap/reap.js";
import { resolveReapOptions, type ReapOptions, type ReapReport } from "./reap/reap-report.js";
import { RemoteWorkers } from "./remote-workers.js";
import type { BackupContext, NotedRestore, RegionalLabels, RestoreNote, WorkLabels, WorkMachine, Workers } from "./workers.js";

/**
 * Who moves data: instances on EC2 that are launched for it and gone afterwards, or this process.
 *
 * Wrong options raise `ConfigurationError` naming the path; nothing is called before there is work. `close` ends the workers that
 * are kept warm; without it they end by themselves a minute after their last task, and two after this process.
 *
 * @example
 * const workers = new WorkerPool({ account, configurationBucket: "holdfast-configuration", applianceId: "backup-1", bundles: { x64: "holdfast-mover-x64.tar.gz" } });
 * const policy = new Policy({ name: "gold", account, include, backup: { repository }, workers });
 */
export class WorkerPool implements Workers {
  readonly #workers: InProcessWorkers | RemoteWorkers;

  constructor(options: WorkerPoolOptions | InProcessWorkers, environment?: WorkerPoolEnvironment) {
    if (options instanceof InProcessWorkers) {
      this.#workers = options;
      return;
    }
    const resolved = resolvePoolOptions(options);
    if (environment === undefined) throw new IllegalStateError("A pool on EC2 needs its environment: take WorkerPool from the package's entry.", { code: "NoEnvironment" });
    this.#workers = new RemoteWorkers(resolved, environment);
  }

  /** Workers in this process: for small estates, tests, and machines that are near to the data anyway. */
  static inProcess(options: InProcessOptions = {}): WorkerPool {
    return new WorkerPool(new InProcessWorkers(resolveInProcessOptions(options)));
  }

  async backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult> {
    return await this.#workers.backUpVolume(task, context);
  }

  /** Whether data moves in this very process, and so may come from this machine's files. */
  get isInProcess(): boolean {
    return this.#workers instanceof InProcessWorkers;
  }

  /** Backs up a raw disk image of this machine, for `ImageBackup`. `IllegalStateError` (`NotInProcess`) of workers on EC2. */
  async backUpImage(image: BlockReader, task: ReaderBackupTask, context: ReaderBackupContext): Promise<ReaderBackupResult> {
    if (this.#workers instanceof InProcessWorkers) return await this.#workers.backUpReader(image, task, context);
    throw new IllegalStateError("Workers on EC2 do not see this machine's files: take WorkerPool.inProcess() for what lies here.", { code: "NotInProcess" });
  }

  machineFor(work: { readonly region: string; readonly sizeBytes: number }): WorkMachine | undefined {
    return this.#workers instanceof RemoteWorkers ? this.#workers.machineFor(work) : undefined;
  }

  tagsFor(labels: RegionalLabels): Tags {
    return this.#workers instanceof RemoteWorkers ? this.#workers.tagsFor(labels) : {};
  }

  async noteRestore(restore: NotedRestore, options: CallOptions = {}): Promise<RestoreNote | undefined> {
    return this.#workers instanceof RemoteWorkers ? await this.#workers.noteRestore(restore, options) : undefined;
  }

  async restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>> {
    return await this.#workers.restoreBlocks(context);
  }

  /**
   * Does work in a repository on a worker in its region.
   *
   * @internal For `Repository`, whose calls take `workers`.
   */
  async workInRepository(task: RepositoryTask, labels?: WorkLabels): Promise<unknown> {
    return await this.#remote("workInRepository").workInRepository(task, labels);
  }

  /**
   * Finds what a crash left of this appliance's workers (instances, volumes, network interfaces, objects in the configuration bucket) and of restores that ran with this pool (snapshots in `accounts`), and removes it.
   * What another engine still speaks to is kept, and so is what a finished restore made or one that can be gone on with needs; nothing that does not carry the engine's tags is touched.
   * `PartialFailureError` (`NotReaped`) where something could not be removed.
   *
   * @example
   * const { removed, kept } = await workers.reap({ accounts: [production] });
   */
  async reap(options: ReapOptions = {}): Promise<ReapReport> {
    const { context, fleet } = this.#remote("reap");
    return await reap(context, () => fleet.ids(), resolveReapOptions(options));
  }

  /**
   * Looks for what would keep workers in a region from working: routes, endpoints, DNS, groups, addresses, instance types, quotas, images, the
   * bucket. Each finding names its remedy; none means that nothing was found. Launches and changes nothing.
   *
   * @example
   * for (const { message, remedy } of await workers.preflight("eu-west-1")) console.log(message, remedy);
   */
  async preflight(region: string, options: PreflightOptions = {}): Promise<readonly PreflightFinding[]> {
    return await preflight(this.#remote("preflight").context, region, options);
  }

  /** What `createNetwork` would make in a region, step by step, and what of it is there already. Makes nothing. */
  async planNetwork(region: string, options: NetworkOptions = {}): Promise<NetworkPlan> {
    return await planNetwork(this.#remote("planNetwork").context, region, options);
  }

  /**
   * Makes a private network for workers: a VPC without a way to the internet, subnets, security groups, and endpoints for S3 and the services named.
   * What an earlier call made already is used. Gives what `networks` takes.
   *
   * @example
   * const network = await workers.createNetwork("eu-west-1");
   */
  async createNetwork(region: string, options: NetworkOptions = {}): Promise<WorkerNetwork> {
    return await createNetwork(this.#remote("createNetwork").context, region, options);
  }

  /** Removes the network that `createNetwork` made in a region, and nothing that it did not make. `ConflictError` (`InUse`) where somebody uses it. */
  async removeNetwork(region: string, options: CallOptions = {}): Promise<readonly NetworkPart[]> {
    const checked = checkCallOptions(options);
    return await removeNetwork(this.#remote("removeNetwork").context, region, checked);
  }

  /** Ends the workers that are kept warm. Those that work are not disturbed. */
  async close(): Promise<void> {
    if (this.#workers instanceof RemoteWorkers) await this.#workers.fleet.close();
  }

  /** As {@link WorkerPool.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #remote(call: string): RemoteWorkers {
    if (this.#workers instanceof RemoteWorkers) return this.#workers;
    throw new ConfigurationError(`${call}(): is of workers on EC2; those in this process leave nothing behind and need no network.`, { code: "InProcess", context: { path: "workers" } });
  }

  /** How it prints: what kind of workers. */
  [inspect.custom](): string {
    return `WorkerPool ${inspect(this.#workers)}`;
  }
}
