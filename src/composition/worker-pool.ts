import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AwsAccount } from "../adapters/aws/aws-account.js";
import { s3Storage } from "../adapters/aws/s3/s3-storage.js";
import { defaultPace } from "../mover/protocol/pace.js";
import { optionError } from "../options/option-error.js";
import { resolveEnvironment } from "../session/index.js";
import { resolveInProcessOptions, type InProcessOptions } from "../workers/in-process-options.js";
import { InProcessWorkers } from "../workers/in-process-workers.js";
import type { ConfigurationPlace, MoverBundle, WorkerPoolEnvironment } from "../workers/pool-context.js";
import type { WorkerPoolOptions } from "../workers/pool-options.js";
import { WorkerPool as CoreWorkerPool } from "../workers/worker-pool.js";

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
export class WorkerPool extends CoreWorkerPool {
  constructor(options: WorkerPoolOptions | InProcessWorkers, environment: Partial<WorkerPoolEnvironment> = {}) {
    super(options, { ...resolveEnvironment(environment), pace: environment.pace ?? defaultPace, openConfiguration: environment.openConfiguration ?? openConfiguration, readBundle: environment.readBundle ?? readBundle });
  }

  /** Workers in this process: for small estates, tests, and machines that are near to the data anyway. */
  static override inProcess(options: InProcessOptions = {}): WorkerPool {
    return new WorkerPool(new InProcessWorkers(resolveInProcessOptions(options)));
  }
}

async function openConfiguration({ account, configurationBucket: bucket, configurationPrefix: prefix, configurationRegion: region }: ConfigurationPlace): ReturnType<WorkerPoolEnvironment["openConfiguration"]> {
  if (!(account instanceof AwsAccount)) throw optionError("account", "must be an AwsAccount of this copy of holdfast, or the environment must open the configuration bucket.");
  return await s3Storage({ account, bucket, prefix, region, expectedBucketOwner: await account.accountId() }).openStore();
}

async function readBundle(path: string, architecture: string): Promise<MoverBundle> {
  try {
    const body = await readFile(path);
    return { body, sha256: createHash("sha256").update(body).digest("hex") };
  } catch (cause) {
    throw optionError(`bundles.${architecture}`, `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}. Make the bundle by "npx holdfast-bundle --architecture ${architecture}" and name its file.`, { cause });
  }
}
