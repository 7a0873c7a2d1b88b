import { CreateVolumeCommand, DescribeImagesCommand, DescribeVolumesCommand, RunInstancesCommand, TerminateInstancesCommand, waitUntilInstanceRunning, waitUntilInstanceTerminated, type EC2Client, type Tag } from "@aws-sdk/client-ec2";
import { DeleteRoleCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { checkPermissions, Policy, Repository, Restore, s3Storage, type PolicyOptions, type RestorePoint, type Session, type SessionEvent, type SessionResult, type VolumeReplaced, WorkerPool } from "holdfast";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { backUp, noiseBlock } from "../../support/backup-world.js";
import { instancePace } from "../../support/instance-bed.js";
import { MemoryVolume } from "../../support/memory-volume.js";
import { away, backup, boundaryArn, production, region, repositoryAccount, type PermissionWorld } from "./permission-world.js";

/** One of the engine's features, used once with things of its own. What goes wrong in it, be it only a warning, is raised. */
export type Scenario = (world: PermissionWorld) => Promise<void>;

const dayMs = 86_400_000;

async function encryptedVolume(world: PermissionWorld): Promise<string> {
  const { VolumeId = "" } = await world.administrator(production).ec2(region).send(new CreateVolumeCommand({ AvailabilityZone: `${region}a`, Size: 1, VolumeType: "gp3", Encrypted: true, KmsKeyId: world.keys.volumes }));
  for (const index of [3, 700]) await world.write(VolumeId, index, noiseBlock());
  return VolumeId;
}

/** A warning is an error here: it says that something could not be done. */
function raiseWarnings({ resources }: SessionResult): void {
  if (resources.length === 0) raise("nothing was selected");
  for (const { warnings } of resources) for (const { message } of warnings) raise(message);
}

function raise(message: string): never {
  throw new Error(message);
}

/** Waits for a session; raises what it could not remove, as its events tell it. */
async function settle<Result, Event extends SessionEvent>(session: Session<Result, Event>, onEvent: (event: Event) => void = () => undefined): Promise<Result> {
  const left: string[] = [];
  const watching = (async (): Promise<void> => {
    for await (const event of session) {
      onEvent(event);
      if (event.type === "snapshot:left" || event.type === "restore:left") left.push(JSON.stringify(event));
    }
  })();
  const [ended] = await Promise.allSettled([session, watching]);
  if (left[0] !== undefined) raise(left[0]);
  if (ended.status === "rejected") throw ended.reason;
  return ended.value;
}

async function run(policy: Policy): Promise<SessionResult> {
  const result = await settle(policy.run());
  raiseWarnings(result);
  return result;
}

function policy(world: PermissionWorld, repository: Repository, options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: world.name("gold"), account: world.as("backup"), include: [], backup: { repository, auditBlocks: 1 }, retries: 0, ...options });
}

async function backedUp(world: PermissionWorld, options: Partial<PolicyOptions> = {}): Promise<{ readonly repository: Repository; readonly volume: string; readonly point: string }> {
  const repository = await world.repository();
  const volume = await encryptedVolume(world);
  const { resources } = await run(policy(world, repository, { include: [{ volume }], ...options }));
  return { repository, volume, point: resources[0]?.point ?? "" };
}

async function imageOf(ec2: EC2Client): Promise<string> {
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
  return image?.ImageId ?? "";
}

/** A backup and a restore on the workers of a pool, which is closed then. */
async function moveOnWorkers(world: PermissionWorld, pool: ReturnType<PermissionWorld["pool"]>): Promise<void> {
  try {
    const repository = await world.repository();
    const volume = await encryptedVolume(world);
    const { resources } = await run(policy(world, repository, { include: [{ volume }], workers: pool }));
    await new Restore({ repository, account: world.as("restore"), workers: pool }).volume(resources[0]?.point ?? "", { availabilityZone: `${region}b`, kmsKeyId: world.keys.volumes });
  } finally {
    await pool.close();
  }
}

const spotRole = "AWSServiceRoleForEC2Spot";

export const scenarios: Readonly<Record<string, Scenario>> = {
  "a volume is backed up, in full and by what changed, into a repository whose key is kept by KMS": async (world) => {
    const repository = await world.repository({ encryption: { kmsKeyId: world.keys.repository } });
    await world.cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a`, accountId: production });
    const volume = await encryptedVolume(world);
    const gold = policy(world, repository, { include: [{ volume }], backup: { repository, retention: { count: 1 } } });
    await run(gold);
    await world.write(volume, 9, noiseBlock());
    const { resources } = await run(gold);
    if (resources[0]?.volumes[0]?.method !== "incremental") raise("the second backup is no increment");
    if ((await gold.unprotected()).length === 0) raise("there are volumes that the policy does not protect");
    await gold.orphans();
  },

  "an instance is backed up, and so is what is selected by tags": async (world) => {
    const ec2 = world.administrator(production).ec2(region);
    const tag = world.name("tag");
    const ImageId = await imageOf(ec2);
    const { Instances: [instance] = [] } = await ec2.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, UserData: Buffer.from("#!/bin/bash\nsleep 600\n").toString("base64"), TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "backup", Value: tag }] }] }));
    const InstanceIds = [instance?.InstanceId ?? ""];
    await waitUntilInstanceRunning({ client: ec2, maxWaitTime: 30, minDelay: 1 }, { InstanceIds });
    try {
      await run(policy(world, await world.repository(), { include: [{ tag: { backup: tag } }] }));
    } finally {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    }
  },

  "replicas are made in another region and in another account, and older ones removed": async (world) => {
    const repository = await world.repository();
    const volume = await encryptedVolume(world);
    const near = policy(world, repository, { include: [{ volume }], replicas: [{ region, keep: 1, account: world.as("replica"), kmsKeyId: world.keys.foreign }] });
    await run(near);
    await run(near);
    const far = policy(world, repository, { include: [{ volume }], replicas: [{ region: away, keep: 1, kmsKeyId: world.keys.replicas }] });
    await run(far);
    await run(far);
  },

  "snapshots and replicas are locked, and what is needed no more waits for its lock": async (world) => {
    const repository = await world.repository();
    const volume = await encryptedVolume(world);
    const lock = { mode: "governance", days: 1 } as const;
    const locking = policy(world, repository, { include: [{ volume }], snapshots: { keep: 1, lock }, replicas: [{ region, keep: 1, account: world.as("replica"), kmsKeyId: world.keys.foreign, lock }] });
    await run(locking);
    const { resources } = await run(locking);
    if (resources[0]?.locks?.length !== 2 || resources[0].waiting?.length !== 2) raise("the older snapshot and replica do not wait for their locks");
  },

  "volumes are rolled back: on their instance by what changed since a snapshot, and by themselves by reading": async (world) => {
    const ec2 = world.administrator(production).ec2(region);
    const BlockDeviceMappings = [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1, VolumeType: "gp3" as const, DeleteOnTermination: true } }];
    const { Instances: [instance] = [] } = await ec2.send(new RunInstancesCommand({ ImageId: await imageOf(ec2), InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, BlockDeviceMappings, UserData: Buffer.from("#!/bin/bash\nsleep 600\n").toString("base64") }));
    const InstanceIds = [instance?.InstanceId ?? ""];
    await waitUntilInstanceRunning({ client: ec2, maxWaitTime: 30, minDelay: 1 }, { InstanceIds });
    const rollBack = async (repository: Repository, point: string, volumeId: string, replaced: "keep" | "remove"): Promise<VolumeReplaced> => {
      const full: string[] = [];
      const restore = new Restore({ repository, account: world.as("restore") });
      const result = await settle(restore.replaceVolume(point, { volumeId, replaced }), (event) => {
        if (event.type === "restore:full") full.push(event.reason);
      });
      if (full[0] !== undefined) raise(full[0]);
      await restore.undoInstance(result.id, { region });
      return result;
    };
    try {
      const { Volumes: [attached] = [] } = await ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: "attachment.instance-id", Values: InstanceIds }, { Name: "attachment.device", Values: ["/dev/sdf"] }] }));
      const volume = attached?.VolumeId ?? "";
      await world.write(volume, 5, noiseBlock());
      const repository = await world.repository();
      const { resources } = await run(policy(world, repository, { include: [{ volume }], snapshots: { keep: 1 } }));
      await world.write(volume, 5, noiseBlock());
      const point = resources[0]?.point ?? "";
      const { volumeId } = await rollBack(repository, point, volume, "remove");
      await rollBack(repository, point, volumeId, "keep");
    } finally {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    }
    const { repository, point } = await backedUp(world);
    // one of which nothing is known
    await rollBack(repository, point, await encryptedVolume(world), "keep");
  },

  "a volume is restored under a key of one's own": async (world) => {
    const { repository, point } = await backedUp(world);
    const restore = new Restore({ repository, account: world.as("restore") });
    await settle(restore.volume(point, { availabilityZone: `${region}b`, kmsKeyId: world.keys.volumes }));
  },

  "a restore that fails at its end removes what it made": async (world) => {
    const { repository, point } = await backedUp(world);
    const account = world.as("restore");
    const stop = new AbortController();
    const removed: string[] = [];
    const session = new Restore({ repository, account }).volume(point, { availabilityZone: `${region}b`, signal: stop.signal });
    const restored = settle(session, (event) => {
      if (event.type === "volume:created") stop.abort(new Error("no more"));
      if (event.type === "volume:removed") removed.push(event.volumeId);
    });
    await restored.catch((error: unknown) => {
      if (error !== stop.signal.reason) throw error;
    });
    if (removed.length === 0) raise("no volume was removed");
  },

  "images, files and devices are read from a repository": async (world) => {
    const { repository, point, volume } = await backedUp(world);
    const restore = new Restore({ repository });
    await restore.image(point, { volume, path: join(world.folder, `${world.name("image")}.img`) });
    const files = await restore.files(point);
    await files.close();
    const device = await restore.blockDevice(point, { volume });
    await device.close();
  },

  "points are copied, verified, counted and removed, and what they leave is collected and compacted": async (world) => {
    const { repository, point } = await backedUp(world);
    const other = await world.repository();
    await repository.copy(point, other);
    await other.verify({ level: "data" });
    await other.statistics();
    await other.compact({});
    await repository.remove(point, { evenNewest: true });
    await repository.collectGarbage({});
    await repository.collectGarbage({ dryRun: true });
  },

  "an archive is written and thawed": async (world) => {
    const { repository, point } = await backedUp(world);
    const archive = await world.repository({}, { bucket: "cold", prefix: `archive/${world.name("a")}`, storageClass: "GLACIER" });
    const copied = await repository.copy(point, archive);
    await archive.thaw(copied.points[0]?.copy ?? "", { tier: "standard", days: 1, wait: false });
  },

  "an immutable repository is extended by a generation, proves its locks, and recovers from an attack": async (world) => {
    const prefix = `locked/${world.name("v")}`;
    const storage = s3Storage({ account: world.as("repository"), bucket: "vault", prefix });
    const encryption = { key: Buffer.alloc(32, 7) };
    const repository = await Repository.create({ storage, encryption, immutability: { mode: "GOVERNANCE", periodDays: 20, generationDays: 10 } });
    const volume = new MemoryVolume(2 ** 30);
    const save = async (into: Repository, snapshot: string): Promise<RestorePoint> => {
      volume.blocks.set(volume.blocks.size, noiseBlock());
      volume.freeze(snapshot);
      return (await backUp(into, volume, snapshot)).point;
    };
    await save(repository, "snap-1");
    world.cloud.clock.advance(15 * dayMs);
    await save(await Repository.open({ storage, encryption }), "snap-2");
    const s3 = world.administrator(repositoryAccount).s3(region);
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: "vault", Prefix: prefix }));
    for (const { Key } of Versions) {
      await s3.send(new PutObjectCommand({ Bucket: "vault", Key, Body: "ransom" }));
      await s3.send(new DeleteObjectCommand({ Bucket: "vault", Key }));
    }
    const attacked = await Repository.open({ storage, encryption });
    if (!(await attacked.recover()).isWhole) raise("the repository did not recover");
    if (!(await attacked.verifyLocks()).isHealthy) raise("not all is locked");
    await attacked.sweep();
  },

  "workers are launched, back up, restore and are gone": async (world) => {
    await world.administrator(backup).iam(region).send(new DeleteRoleCommand({ RoleName: spotRole })).catch(() => undefined);
    await moveOnWorkers(world, world.pool());
  },

  "workers have a role each, which is gone with them": async (world) => {
    const rolesNow = async (): Promise<string[]> => {
      const { Roles = [] } = await world.administrator(backup).iam(region).send(new ListRolesCommand({ PathPrefix: "/holdfast/permissions-1/" }));
      return Roles.map(({ RoleName = "" }) => RoleName);
    };
    const before = await rolesNow();
    await moveOnWorkers(world, world.pool({ temporaryRoles: { permissionsBoundaryArn: boundaryArn }, spot: "never" }));
    const left = (await rolesNow()).filter((name) => !before.includes(name));
    if (left.length > 0) raise(`roles were left: ${left.join(", ")}`);
  },

  "points are archived by workers, who verify and collect, too": async (world) => {
    const pool = world.pool({ spot: "never" });
    try {
      const archive = await world.repository({}, { bucket: "cold", prefix: `archive/${world.name("a")}`, storageClass: "GLACIER" });
      const repository = await world.repository();
      const volume = await encryptedVolume(world);
      const gold = policy(world, repository, { include: [{ volume }], backup: { repository, retention: { daily: 3 } }, archive: { repository: archive, flags: ["daily"] }, workers: pool });
      const { resources } = await run(gold);
      if (resources[0]?.archived?.length !== 1) raise("the point was not archived");
      await archive.verify({ level: "presence", workers: pool });
      await repository.collectGarbage({ workers: pool });
    } finally {
      await pool.close();
    }
  },

  "roles that a crash left of workers are reaped": async (world) => {
    const administrator = world.administrator(backup);
    const worker = randomBytes(16).toString("hex");
    const request = { name: `holdfast-worker-${worker}`, path: "/holdfast/permissions-1/", policy: JSON.stringify(world.role("worker").policy), permissionsBoundaryArn: boundaryArn, tags: { "holdfast:appliance": "permissions-1", "holdfast:worker": worker } };
    await administrator.workerRoles().make(request);
    const { removed } = await world.pool({ temporaryRoles: {} }).reap({ regions: [region] });
    for (const kind of ["instance-profile", "role"] as const) if (!removed.some((one) => one.kind === kind && one.id === request.name)) raise(`no ${kind} was reaped`);
  },

  "what a crash left of workers is reaped": async (world) => {
    const ec2 = world.administrator(backup).ec2(region);
    const Tags = [{ Key: "holdfast:appliance", Value: "permissions-1" }, { Key: "holdfast:worker", Value: world.name("w") }];
    const ImageId = await imageOf(ec2);
    const launch = async (keepsInterface: boolean): Promise<string> => {
      const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId: world.network?.subnetIds[0], DeleteOnTermination: !keepsInterface }];
      const TagSpecifications = [{ ResourceType: "instance" as const, Tags: keepsInterface ? [] : Tags }, { ResourceType: "network-interface" as const, Tags }].filter((one) => one.Tags.length > 0);
      const { Instances: [instance] = [] } = await ec2.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, NetworkInterfaces, TagSpecifications, UserData: Buffer.from("#!/bin/bash\nsleep 600\n").toString("base64") }));
      return instance?.InstanceId ?? "";
    };
    const InstanceIds = [await launch(true)];
    await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await waitUntilInstanceTerminated({ client: ec2, maxWaitTime: 30, minDelay: 1 }, { InstanceIds });
    await launch(false);
    const makeVolume = async (tags: readonly Tag[]): Promise<string> => (await ec2.send(new CreateVolumeCommand({ AvailabilityZone: `${region}a`, Size: 1, ...(tags.length > 0 && { TagSpecifications: [{ ResourceType: "volume", Tags: [...tags] }] }) }))).VolumeId ?? "";
    await makeVolume(Tags);
    // what looks like the engine's own, and is not
    const [appliance = {}, worker = {}] = Tags;
    const others: readonly (readonly Tag[])[] = [
      [], [appliance], [worker], [{ ...appliance, Value: "permissions-2" }, worker], [{ ...appliance, Value: "permissions-1 " }, worker], [{ ...appliance, Value: "PERMISSIONS-1" }, worker], [{ Key: "Holdfast:Appliance", Value: "permissions-1" }, worker],
    ];
    const decoys: string[] = [];
    for (const tags of others) decoys.push(await makeVolume(tags));
    const { removed } = await world.pool().reap({ regions: [region] });
    for (const kind of ["instance", "volume", "interface"] as const) if (!removed.some((one) => one.kind === kind)) raise(`no ${kind} was reaped`);
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: decoys }));
    if (Volumes.length !== decoys.length || removed.some(({ id }) => decoys.includes(id))) raise("a volume was reaped that is not the engine's");
  },

  "what a dead restore left is reaped": async (world) => {
    const session = randomBytes(16).toString("hex");
    const tags = { "holdfast:session": session, "holdfast:restore-point": "a point", "holdfast:source-volume": "vol-1" };
    const target = world.as("restore");
    const { target: snapshotId } = await target.openSnapshotWriter({ region, session, volumeSizeBytes: 2 ** 30, description: "a restore that died", tags, clientToken: session });
    const note = { version: 1, session, engine: session, applianceId: "permissions-1", beat: 1, state: "making", accountId: production, region, tags };
    await world.administrator(backup).s3(region).send(new PutObjectCommand({ Bucket: "configuration", Key: `holdfast/restores/${session}.json`, Body: `${JSON.stringify(note)}\n` }));
    const pool = new WorkerPool({ account: world.as("engine"), configurationBucket: "configuration", applianceId: "permissions-1", bundles: {} }, { pace: { ...instancePace, silentAfterMs: 200 } });
    for (let look = 0; look < 50; look++) {
      const { removed } = await pool.reap({ regions: [region], accounts: [target] });
      if (removed.some(({ id }) => id === snapshotId)) return;
      await setTimeout(100);
    }
    raise("no snapshot was reaped");
  },

  "a preflight finds nothing": async (world) => {
    for (const { message } of await world.pool().preflight(region)) raise(message);
  },

  "a network is planned, made and removed": async (world) => {
    const pool = world.pool({}, world.as("network"));
    // what an earlier one that failed has left
    await world.pool({}, world.administrator(backup)).removeNetwork(away);
    await pool.planNetwork(away);
    await pool.createNetwork(away);
    // to what is there, other buckets are let in
    await pool.createNetwork(away, { buckets: ["another"] });
    await pool.removeNetwork(away);
  },

  "each role is found to have what it needs": async (world) => {
    for (const role of world.roles) {
      if (role.kind === "impersonation") continue;
      const [missing] = await checkPermissions(world.as(role.kind === "worker" ? "engine" : role.kind).permissionCheck(), role);
      if (missing !== undefined) raise(`${missing.role} lacks ${missing.action} on ${missing.resource} (${missing.statement})`);
    }
  },
};
