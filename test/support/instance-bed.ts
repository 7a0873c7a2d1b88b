import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsAccount, iamPolicies, Repository, s3Storage, type CreateRepositoryOptions, type WorkerPoolOptions } from "../../src/index.js";
import { LocalCloud, type LocalCloudOptions } from "../../src/local/index.js";
import type { ControlPace } from "../../src/mover/protocol/pace.js";
import { key } from "./backup-world.js";
import { installRoles } from "./install-roles.js";
import { writeBundle } from "./write-bundle.js";

export const region = "eu-west-1";
const blockBytes = 524_288;
const applianceId = "instances-1";

/** A pace for which tests can wait, on a machine that has much else to do. */
export const instancePace: ControlPace = { pollMs: 100, beatMs: 500, silentAfterMs: 15_000, helloWithinMs: 60_000, claimWithinMs: 15_000, idleMs: 10_000 };

/** One account of the local cloud whose instances run, each in a network namespace of its own where the machine allows, with exactly the worker role that iamPolicies() gives. */
export class InstanceBed {
  readonly folder: string;
  readonly cloud: LocalCloud;
  readonly account: AwsAccount;
  readonly repository: Repository;
  /** For a pool in this account. */
  readonly options: WorkerPoolOptions;

  private constructor(parts: Pick<InstanceBed, "folder" | "cloud" | "account" | "repository" | "options">) {
    ({ folder: this.folder, cloud: this.cloud, account: this.account, repository: this.repository, options: this.options } = parts);
  }

  static async open(program: string, { packs, limits }: Pick<CreateRepositoryOptions, "packs"> & Pick<LocalCloudOptions, "limits"> = {}): Promise<InstanceBed> {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-instances-"));
    // a namespace for each worker takes root; without, each still has only its network's roads
    const instanceNetwork = process.platform === "linux" && process.getuid?.() === 0 ? "namespace" : "endpoint";
    const cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false, instances: "run", instanceNetwork, maxLoggedCalls: 200_000, ...(limits !== undefined && { limits }) });
    const account = new AwsAccount(cloud.connection({ region }));
    for (const Bucket of ["backups", "configuration"]) await account.s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
    const backup = await account.accountId();
    const { roles } = iamPolicies({ applianceId, accounts: { backup }, principal: `arn:aws:iam::${backup}:root`, configurationBucket: "configuration", repositories: [{ bucket: "backups", prefix: "gold" }], regions: [region] });
    await installRoles(roles.filter(({ kind }) => kind === "worker"), () => account);
    const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { key }, ...(packs !== undefined && { packs }) });
    await writeBundle(join(folder, "bundle.tar.gz"), program, instancePace);
    return new InstanceBed({ folder, cloud, account, repository, options: { account, configurationBucket: "configuration", applianceId, bundles: { x64: join(folder, "bundle.tar.gz") }, maxWorkers: 2 } });
  }

  async makeVolume(state: ReadonlyMap<number, Buffer>, sizeGib = 1): Promise<string> {
    const volumeId = await this.cloud.volumes.create({ sizeGib, availabilityZone: `${region}a` });
    for (const [index, data] of state) await this.cloud.volumes.write(volumeId, index * blockBytes, data);
    return volumeId;
  }

  /** The indexes, of those that were written, at which a volume is not what it should be. */
  async differences(volumeId: string, state: ReadonlyMap<number, Buffer>): Promise<number[]> {
    const wrong: number[] = [];
    for (const [index, data] of state) if (!(await this.cloud.volumes.read(volumeId, { offset: index * blockBytes, length: blockBytes })).equals(data)) wrong.push(index);
    return wrong;
  }

  async close(): Promise<void> {
    await this.account.close();
    await this.cloud.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
