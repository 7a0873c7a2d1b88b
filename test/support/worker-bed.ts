import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, Repository, s3Storage, WorkerPool, type WorkerPoolOptions } from "../../src/index.js";
import { LocalCloud } from "../../src/local/index.js";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ObjectStore } from "../../src/ports/index.js";
import { key } from "./backup-world.js";
import { ProcessCompute, withProcesses } from "./process-compute.js";

export const region = "eu-west-1";
const blockBytes = 524_288;
const pace = { pollMs: 40, beatMs: 150, silentAfterMs: 4_000, helloWithinMs: 20_000, claimWithinMs: 8_000, idleMs: 4_000 };

/** A local cloud with a repository, a configuration bucket, and a pool whose workers are processes of their own. */
export class WorkerBed {
  readonly folder: string;
  readonly cloud: LocalCloud;
  readonly account: AwsAccount;
  readonly repository: Repository;
  readonly compute: ProcessCompute;
  readonly pool: WorkerPool;
  readonly configuration: ObjectStore;

  private constructor(parts: Pick<WorkerBed, "folder" | "cloud" | "account" | "repository" | "compute" | "pool" | "configuration">) {
    ({ folder: this.folder, cloud: this.cloud, account: this.account, repository: this.repository, compute: this.compute, pool: this.pool, configuration: this.configuration } = parts);
  }

  static async open(mover: string, options: Partial<WorkerPoolOptions> = {}): Promise<WorkerBed> {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-workers-"));
    const cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
    const connection = cloud.connection({ region });
    const account = new AwsAccount({ ...connection, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
    for (const Bucket of ["backups", "configuration"]) await account.s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
    const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { key } });
    const { accessKeyId, secretAccessKey } = connection.credentials;
    const compute = new ProcessCompute(region, mover, { AWS_ENDPOINT_URL: connection.endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", HOLDFAST_PACE: JSON.stringify(pace) });
    const configuration = await s3Storage({ account, bucket: "configuration", prefix: "holdfast" }).openStore();
    await writeFile(join(folder, "bundle.tar.gz"), "a bundle");
    const pool = new WorkerPool(
      { account: withProcesses(account, compute), configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: join(folder, "bundle.tar.gz") }, tags: { policy: "%policyName%", of: "%resourceId%" }, ...options },
      { pace, openConfiguration: () => Promise.resolve(configuration) },
    );
    return new WorkerBed({ folder, cloud, account, repository, compute, pool, configuration });
  }

  async makeVolume(state: ReadonlyMap<number, Buffer>): Promise<string> {
    const volumeId = await this.cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
    for (const [index, data] of state) await this.cloud.volumes.write(volumeId, index * blockBytes, data);
    return volumeId;
  }

  /** The indexes at which a volume is not what it should be, among those that were written and as many others. */
  async differences(volumeId: string, state: ReadonlyMap<number, Buffer>): Promise<number[]> {
    const zeros = Buffer.alloc(blockBytes);
    const wrong: number[] = [];
    for (const index of [...state.keys()].flatMap((written) => [written, written + 1])) {
      const block = await this.cloud.volumes.read(volumeId, { offset: index * blockBytes, length: blockBytes });
      if (!block.equals(state.get(index) ?? zeros)) wrong.push(index);
    }
    return wrong;
  }

  /** What lies in the configuration bucket beside bundles. */
  async names(): Promise<string[]> {
    const found: string[] = [];
    for await (const { name } of this.configuration.list("")) if (!name.startsWith("bundles/")) found.push(name);
    return found;
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.compute.close();
    await this.account.close();
    await this.cloud.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
