import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreatePolicyCommand, CreateRoleCommand, DeleteRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, iamPolicies, Repository, s3Storage, WorkerPool, type CreateRepositoryOptions, type IamPoliciesOptions, type IamRole, type RoleKind, type S3StorageOptions, type WorkerNetwork, type WorkerPoolOptions } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBundle } from "../../../src/composition/bundle/make-bundle.js";
import { buildMover } from "../../support/build-mover.js";

export const region = "eu-west-1";
export const away = "eu-north-1";
export const [production, backup, repositoryAccount, replicaAccount] = ["111122223333", "222222222222", "333333333333", "444444444444"] as const;
export const boundaryArn = `arn:aws:iam::${backup}:policy/workers-boundary`;
const externalId = "an-external-id";
const applianceId = "permissions-1";
const blockBytes = 524_288;
const pace = { pollMs: 50, beatMs: 300, silentAfterMs: 15_000, helloWithinMs: 60_000, claimWithinMs: 6_000, idleMs: 200 };

/** Three accounts and one for replicas, whose roles are exactly those of `iamPolicies()`. */
export class PermissionWorld {
  readonly folder: string;
  readonly cloud: LocalCloud;
  readonly roles: readonly IamRole[];
  /** ARNs of keys: of volumes, of their copies in another region and in another account, of the repository, of workers' root volumes. */
  readonly keys: { readonly volumes: string; readonly replicas: string; readonly foreign: string; readonly repository: string; readonly rootVolumes: string };
  network: WorkerNetwork | undefined;
  readonly #mover: Awaited<ReturnType<typeof buildMover>>;
  readonly #administrators = new Map<string, AwsAccount>();
  readonly #open: { close(): Promise<void> }[] = [];
  #count = 0;

  private constructor(parts: Pick<PermissionWorld, "folder" | "cloud" | "roles" | "keys"> & { readonly mover: Awaited<ReturnType<typeof buildMover>> }) {
    ({ folder: this.folder, cloud: this.cloud, roles: this.roles, keys: this.keys } = parts);
    this.#mover = parts.mover;
  }

  static async open(): Promise<PermissionWorld> {
    const mover = await buildMover();
    const folder = await mkdtemp(join(tmpdir(), "holdfast-permissions-"));
    const cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false, instances: "run", limits: { blocks: { volumeCreationMs: 0 } }, maxLoggedCalls: 1_000_000 });
    const makeKey = async (accountId: string, keyRegion: string): Promise<string> => {
      const kms = new KMSClient(cloud.connection({ region: keyRegion, accountId }));
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
      kms.destroy();
      return KeyMetadata?.Arn ?? "";
    };
    const keys = { volumes: await makeKey(production, region), replicas: await makeKey(production, away), foreign: await makeKey(replicaAccount, region), repository: await makeKey(repositoryAccount, region), rootVolumes: await makeKey(backup, region) };
    const { roles } = iamPolicies(policiesFor(keys));
    const world = new PermissionWorld({ folder, cloud, roles, keys, mover });
    for (const role of roles) await world.#make(role);
    // the most that any worker needs
    const PolicyDocument = JSON.stringify(world.role("worker").policy);
    await world.administrator(backup).iam(region).send(new CreatePolicyCommand({ PolicyName: "workers-boundary", PolicyDocument }));
    const buckets = [[backup, "configuration"], [repositoryAccount, "backups"], [repositoryAccount, "cold"], [repositoryAccount, "vault"]] as const;
    for (const [owner, Bucket] of buckets) {
      await world.administrator(owner).s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region }, ...(Bucket === "vault" && { ObjectLockEnabledForBucket: true }) }));
    }
    const runtime = `#!/bin/bash\nexport AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true HOLDFAST_PACE='${JSON.stringify(pace)}'\nexec ${process.execPath} ${mover.program}\n`;
    const bundle = makeBundle([{ name: "node", body: Buffer.from(runtime), isExecutable: true }, { name: "mover.mjs", body: Buffer.from("// see node\n"), isExecutable: false }]);
    await writeFile(world.#bundle, bundle.body);
    world.network = await world.pool({}, world.as("network")).createNetwork(region);
    return world;
  }

  async close(): Promise<void> {
    for (const one of [...this.#open].reverse()) await one.close();
    await this.cloud.close();
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.#mover.folder, { recursive: true, force: true });
  }

  administrator(accountId: string): AwsAccount {
    const known = this.#administrators.get(accountId) ?? new AwsAccount(this.cloud.connection({ region, accountId }));
    this.#administrators.set(accountId, known);
    if (!this.#open.includes(known)) this.#open.push(known);
    return known;
  }

  /** An account as the engine comes to it: by the impersonation role, anew. */
  as(kind: RoleKind): AwsAccount {
    const principal = new AwsAccount({ ...this.cloud.connection({ region, accountId: backup }), limits: { baseDelayMs: 5, maxDelayMs: 100 } });
    this.#open.push(principal);
    const impersonation = principal.assume({ roleArn: this.role("impersonation").arn });
    const { arn: roleArn, account } = this.role(kind);
    return impersonation.assume({ roleArn, ...(account !== backup && { externalId }) });
  }

  role(kind: RoleKind): IamRole {
    const role = this.roles.find((one) => one.kind === kind);
    if (role === undefined) throw new Error(`there is no role ${kind}`);
    return role;
  }

  /** Gives a role another policy than it has. */
  async give({ account, name }: IamRole, policy: IamRole["policy"]): Promise<void> {
    const policyOf = { RoleName: name, PolicyName: name };
    const iam = this.administrator(account).iam(region);
    // a document without statements is none
    if (policy.Statement.length === 0) await iam.send(new DeleteRolePolicyCommand(policyOf));
    else await iam.send(new PutRolePolicyCommand({ ...policyOf, PolicyDocument: JSON.stringify(policy) }));
  }

  /** A name that nothing has yet. */
  name(prefix: string): string {
    this.#count++;
    return `${prefix}-${String(this.#count)}`;
  }

  /** A new repository, reached by its role. */
  async repository(options: Partial<CreateRepositoryOptions> = {}, place: Partial<Omit<S3StorageOptions, "account">> = {}): Promise<Repository> {
    const storage = s3Storage({ account: this.as("repository"), bucket: "backups", prefix: `gold/${this.name("r")}`, ...place });
    return await Repository.create({ storage, encryption: { key: Buffer.alloc(32, 7) }, ...options });
  }

  pool(options: Partial<WorkerPoolOptions> = {}, account = this.as("engine")): WorkerPool {
    const given = { account, configurationBucket: "configuration", applianceId, bundles: { x64: this.#bundle }, maxWorkers: 2, spot: "only" as const, rootVolumeKmsKeyArn: this.keys.rootVolumes };
    const pool = new WorkerPool({ ...given, ...(this.network !== undefined && { networks: { [region]: this.network }, privateNetworking: true }), ...options }, { pace });
    this.#open.push(pool);
    return pool;
  }

  /** Writes a block into a volume of the production account. */
  async write(volumeId: string, index: number, data: Buffer): Promise<void> {
    await this.cloud.volumes.write(volumeId, index * blockBytes, data);
  }

  get #bundle(): string {
    return join(this.folder, "bundle.tar.gz");
  }

  async #make(role: IamRole): Promise<void> {
    const iam = this.administrator(role.account).iam(region);
    await iam.send(new CreateRoleCommand({ RoleName: role.name, AssumeRolePolicyDocument: JSON.stringify(role.trust) }));
    await this.give(role, role.policy);
    if (!role.hasInstanceProfile) return;
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: role.name }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: role.name, RoleName: role.name }));
  }
}

function policiesFor(keys: PermissionWorld["keys"]): IamPoliciesOptions {
  return {
    applianceId,
    accounts: { backup, production: [production], repository: repositoryAccount, replicas: [production, replicaAccount] },
    principal: `arn:aws:iam::${backup}:root`,
    configurationBucket: "configuration",
    repositories: [
      { bucket: "backups", prefix: "gold", kmsKeyArn: keys.repository },
      { bucket: "vault", prefix: "locked", immutable: true },
      { bucket: "cold", prefix: "archive", archive: true },
    ],
    regions: [region, away],
    volumeKmsKeyArns: [keys.volumes, keys.replicas, keys.foreign],
    rootVolumeKmsKeyArn: keys.rootVolumes,
    externalId,
    spot: true,
    features: { networkSetup: true, snapshotLocks: true, rollback: true },
    temporaryWorkerRoles: { permissionsBoundaryArn: boundaryArn },
  };
}
