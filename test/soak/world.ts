import { CreateTagsCommand, DescribeImagesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { readdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { AwsAccount, directoryStorage, Policy, Repository, Restore, s3Storage, WorkerPool, type ObjectStorage, type PolicyOptions } from "../../src/index.js";
import type { SeededRandom } from "../../src/testing/index.js";
import { daysAndWeeks, newest } from "./book/keeping.js";
import type { DiskState } from "./book/booked-point.js";
import { Shelf } from "./book/shelf.js";
import type { CloudProcess } from "./cloud/cloud-process.js";
import { away, home } from "./cloud/requests.js";
import { zeroDigest } from "./cloud/contents.js";
import { MovedClock } from "./moved-clock.js";

export const plans = ["gold", "silver", "vault", "shelf"] as const;
export type Plan = (typeof plans)[number];
export type Place = Plan | "archive";
export const places: readonly Place[] = [...plans, "archive"];

/** A disk of something that is protected, and what it holds now. */
export interface Disk {
  readonly deviceName: string | undefined;
  readonly sizeGib: number;
  volumeId: string;
  state: DiskState;
}

/** An instance or a volume that a policy protects. */
export interface Resource {
  readonly id: string;
  readonly plan: Plan;
  readonly disks: readonly Disk[];
}

/** What one process would have opened: an account, repositories, policies. */
export interface Life {
  readonly account: AwsAccount;
  readonly repositories: Readonly<Partial<Record<Place, Repository>>>;
  readonly policies: Readonly<Partial<Record<Plan, Policy>>>;
  readonly workers: ReturnType<typeof WorkerPool.inProcess>;
}

/** Which of the places are opened by whom: one life is ended and begun anew all the time, the other lasts. */
const lives: readonly (readonly Plan[])[] = [["gold", "shelf"], ["silver", "vault"]];
const key = Buffer.alloc(32, 9);
const limits = { baseDelayMs: 2, maxDelayMs: 200, totalTimeoutMs: 60_000, connectTimeoutMs: 5_000, firstByteTimeoutMs: 5_000, bodyIdleTimeoutMs: 5_000 };
/** Records of sessions would be what grows otherwise. */
const sessions = { keepDays: 7 };
/** Of each disk so many blocks are ever written, spread over all of it. */
export const slots = 96;
const firstSlots = 40;
const commonSeeds = 30;

/** All that a soak has: the cloud, what is protected in it, who protects it, and the books. */
export class World {
  readonly cloud: CloudProcess;
  readonly random: SeededRandom;
  readonly clock = new MovedClock();
  readonly folder: string;
  readonly resources: Resource[] = [];
  readonly shelves: Readonly<Record<Place, Shelf>> = {
    gold: new Shelf("gold", daysAndWeeks(5, 2)),
    silver: new Shelf("silver", newest(4)),
    vault: new Shelf("vault", newest(3)),
    shelf: new Shelf("shelf", newest(3)),
    archive: new Shelf("archive", daysAndWeeks(30, 1)),
  };
  readonly #lives: (Life | undefined)[] = lives.map(() => undefined);

  constructor(cloud: CloudProcess, folder: string, random: SeededRandom) {
    this.cloud = cloud;
    this.folder = folder;
    this.random = random;
  }

  /** Makes the repositories and what is to be protected. */
  async begin(): Promise<void> {
    const account = this.#openAccount();
    for (const place of places) {
      await Repository.create({ storage: this.#storage(account, place), encryption: place === "shelf" ? "none" : { key }, ...(place === "vault" && { immutability: { mode: "COMPLIANCE", periodDays: 2, generationDays: 1 } }), ...(place === "silver" && { packs: { targetBytes: 8 * 2 ** 20, maxBlocks: 16 } }) }, { clock: this.clock });
    }
    for (const [plan, disks] of [["gold", 2], ["gold", 2], ["vault", 1]] as const) this.resources.push(await this.#launch(account, plan, disks));
    for (const plan of ["silver", "silver", "silver", "shelf"] as const) {
      const volumeId = await this.cloud.ask("volume", { sizeGib: 1, plan });
      this.resources.push({ id: volumeId, plan, disks: [{ deviceName: undefined, sizeGib: 1, volumeId, state: new Map() }] });
    }
    await account.close();
    for (const { disks } of this.resources) for (const disk of disks) await this.write(disk, firstSlots);
    for (let which = 0; which < lives.length; which++) await this.reopen(which);
  }

  /** Writes some blocks of a disk: new data, data that others have too, zeros, and nothing. */
  async write(disk: Disk, count: number): Promise<void> {
    const blocks = Array.from({ length: count }, () => {
      const kind = this.random.fraction();
      const content = kind < 0.5 ? this.integer(2 ** 31) : kind < 0.8 ? this.integer(commonSeeds) : kind < 0.9 ? ("zeros" as const) : ("nothing" as const);
      return { index: this.integer(slots) * blocksBetween(disk), content };
    });
    const digests = await this.cloud.ask("write", { volumeId: disk.volumeId, blocks });
    const state = new Map(disk.state);
    for (const [position, { index }] of blocks.entries()) {
      const digest = digests[position] ?? "";
      if (digest === zeroDigest) state.delete(index);
      else state.set(index, digest);
    }
    disk.state = state;
  }

  /** Time goes by, for the cloud, for the engine, and for what runs left in the directory: a lease that nobody ended would be waited for by the machine's clock. */
  async advance(ms: number): Promise<void> {
    await this.cloud.ask("advance", { ms });
    this.clock.advance(ms);
    const leases = join(this.folder, "shelf", "sess");
    for (const name of await readdir(leases).catch(() => [])) {
      const path = join(leases, name);
      const { atime, mtimeMs } = await stat(path);
      await utimes(path, atime, new Date(mtimeMs - ms));
    }
  }

  /** Ends a life, and begins it anew as another process would. */
  async reopen(which: number): Promise<void> {
    await this.#lives[which]?.account.close();
    const account = this.#openAccount();
    const own = lives[which] ?? [];
    const repositories: Partial<Record<Place, Repository>> = {};
    for (const place of own.includes("gold") ? [...own, "archive" as const] : own) repositories[place] = await Repository.open({ storage: this.#storage(account, place), encryption: place === "shelf" ? "none" : { key }, sessions }, { clock: this.clock });
    const workers = WorkerPool.inProcess({ threads: 1 });
    const policies: Partial<Record<Plan, Policy>> = {};
    for (const plan of own) policies[plan] = new Policy({ name: plan, account, include: [{ tag: { plan } }], workers, sessions, ...this.#rules(plan, repositories) }, { clock: this.clock });
    this.#lives[which] = { account, repositories, policies, workers };
  }

  async close(): Promise<void> {
    for (const life of this.#lives) await life?.account.close();
  }

  lifeOf(place: Place): Life {
    const life = this.#lives.find((one) => one?.repositories[place] !== undefined);
    if (life === undefined) throw new TypeError(place);
    return life;
  }

  repository(place: Place): Repository {
    const repository = this.lifeOf(place).repositories[place];
    if (repository === undefined) throw new TypeError(place);
    return repository;
  }

  policy(plan: Plan): Policy {
    const policy = this.lifeOf(plan).policies[plan];
    if (policy === undefined) throw new TypeError(plan);
    return policy;
  }

  restore(place: Place): Restore {
    const { account, workers } = this.lifeOf(place);
    return new Restore({ repository: this.repository(place), account, workers }, { clock: this.clock.unhurried });
  }

  /** The resources of a plan, by what the engine calls them. */
  resourcesOf(plan: Plan): readonly Resource[] {
    return this.resources.filter((resource) => resource.plan === plan);
  }

  integer(below: number): number {
    return Math.floor(this.random.fraction() * below);
  }

  chance(probability: number): boolean {
    return this.random.fraction() < probability;
  }

  #openAccount(): AwsAccount {
    return new AwsAccount({ ...this.cloud.facts, clock: this.clock, limits });
  }

  #storage(account: AwsAccount, place: Place): ObjectStorage {
    return place === "shelf" ? directoryStorage(join(this.folder, "shelf")) : s3Storage({ account, bucket: place, prefix: "main" });
  }

  #rules(plan: Plan, repositories: Partial<Record<Place, Repository>>): Pick<PolicyOptions, "backup" | "archive" | "replicas" | "snapshots"> {
    const { [plan]: repository, archive } = repositories;
    if (repository === undefined) throw new TypeError(plan);
    switch (plan) {
      case "gold":
        if (archive === undefined) throw new TypeError("archive");
        return { backup: { repository, retention: { daily: 5, weekly: 2 } }, archive: { repository: archive, flags: ["weekly"], retention: { age: { days: 30 } } }, replicas: [{ region: away, keep: 2 }], snapshots: { keep: 2 } };
      case "silver":
        return { backup: { repository, retention: { count: 4 } }, snapshots: { keep: 1 } };
      case "vault":
      case "shelf":
        return { backup: { repository, retention: { count: 3 } }, snapshots: { keep: 0 } };
    }
  }

  async #launch(account: AwsAccount, plan: Plan, disks: number): Promise<Resource> {
    const client = account.ec2(home);
    const { Images: [image] = [] } = await client.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
    const sizes = [8, 1].slice(0, disks);
    const devices = sizes.map((VolumeSize, position) => ({ DeviceName: position === 0 ? image?.RootDeviceName : "/dev/sdf", Ebs: { VolumeSize } }));
    const { Instances: [made] = [] } = await client.send(new RunInstancesCommand({ ImageId: image?.ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, BlockDeviceMappings: devices }));
    const id = made?.InstanceId ?? "";
    await client.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "plan", Value: plan }] }));
    await account.instanceCompute(home).waitUntilRunning(id);
    const found = await this.cloud.ask("disks", { instanceId: id });
    return { id, plan, disks: found.map(([deviceName, volumeId]) => ({ deviceName, sizeGib: deviceName === image?.RootDeviceName ? 8 : 1, volumeId, state: new Map<number, string>() })) };
  }
}

/** How far apart the blocks lie that are ever written. */
export function blocksBetween({ sizeGib }: Pick<Disk, "sizeGib">): number {
  return 21 * sizeGib;
}
