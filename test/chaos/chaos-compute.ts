import { ProviderError } from "../../src/errors/index.js";
import type { MoverEnvironment, MoverIdentity } from "../../src/mover/mover-environment.js";
import { runMover } from "../../src/mover/run-mover.js";
import type { Clock, LaunchWorkerRequest, TaggedResource, Tags, WorkerCompute, WorkerImage, WorkerInstance, WorkerSubnet } from "../../src/ports/index.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";
import { Life, type Fate, type Weather } from "./life.js";

/** What launches and instances meet. Chances are of one launch. */
export interface ComputeWeather extends Weather {
  refusals: number;
  /** The instance's process dies, or stands still, at one of its first calls. */
  workerDeaths: number;
  workerStalls: number;
  /** The instance never runs its mover. */
  deadBoots: number;
  /** Its volume or its interface stays when it ends, as AWS does not promise. */
  leftovers: number;
}

export interface ComputeWorld {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly weather: ComputeWeather;
  /** What a mover on an instance works with. */
  readonly environmentOf: (life: Life, isInterrupted: () => Promise<boolean>) => MoverEnvironment;
}

const bootMs = 20_000;
const noticeMs = 120_000;
const refusals = ["InsufficientCapacity", "NoFreeAddresses", "QuotaExceeded", "NotOffered", "SpotRefused"] as const;
const mostCallsOfVictim = 120;
const longestStallMs = 20 * 60_000;

const has = (tags: Tags, wanted: Tags): boolean => Object.entries(wanted).every(([key, value]) => tags[key] === value);

/** EC2 whose instances run the data mover in this process, each in a life of its own. */
export class ChaosCompute implements WorkerCompute {
  readonly region = "eu-west-1";
  readonly volumes = new Map<string, TaggedResource>();
  readonly interfaces = new Map<string, TaggedResource>();
  readonly #instances = new Map<string, { instance: WorkerInstance; readonly life: Life; readonly clientToken: string; isInterrupted?: boolean }>();
  readonly #world: ComputeWorld;

  constructor(world: ComputeWorld) {
    this.#world = world;
  }

  async launch(request: LaunchWorkerRequest): Promise<WorkerInstance> {
    const { random, weather } = this.#world;
    const known = [...this.#instances.values()].find(({ clientToken }) => clientToken === request.clientToken);
    if (known !== undefined) return known.instance;
    if (random.fraction() < weather.refusals) {
      const code = refusals[Math.floor(random.fraction() * refusals.length)] ?? "InsufficientCapacity";
      throw new ProviderError(`EC2 has no place: ${code}.`, { code, retryable: true, service: "ec2", operation: "RunInstances" });
    }
    const instanceId = `i-${String(this.#instances.size + 1).padStart(8, "0")}`;
    const { tags, clientToken, instanceType, subnetId } = request;
    const life = new Life(instanceId, this.#world, this.#fate(), () => this.#endSoon(instanceId));
    const instance: WorkerInstance = { instanceId, instanceType, state: "running", subnetId, tags };
    this.#instances.set(instanceId, { instance, life, clientToken });
    this.volumes.set(`vol-of-${instanceId}`, { id: `vol-of-${instanceId}`, isAttached: true, tags });
    this.interfaces.set(`eni-of-${instanceId}`, { id: `eni-of-${instanceId}`, isAttached: true, tags });
    const isDead = random.fraction() < weather.deadBoots;
    void this.#run(instanceId, life, request, isDead);
    await Promise.resolve();
    return instance;
  }

  /** EC2 takes an instance back, two minutes after it has said so. */
  async interrupt(instanceId: string): Promise<void> {
    const found = this.#instances.get(instanceId);
    if (found === undefined) return;
    found.isInterrupted = true;
    await this.#world.clock.sleep(noticeMs);
    this.kill(instanceId, "Server.SpotInstanceTermination");
  }

  /** An instance ends: of itself, or its host dies. */
  kill(instanceId: string, stateReason: string): void {
    const found = this.#instances.get(instanceId);
    if (found?.instance.state !== "running") return;
    found.instance = { ...found.instance, state: "terminated", stateReason };
    found.life.end();
    this.#free(this.volumes, `vol-of-${instanceId}`);
    this.#free(this.interfaces, `eni-of-${instanceId}`);
  }

  get running(): string[] {
    return [...this.#instances.values()].filter(({ instance }) => instance.state === "running").map(({ instance }) => instance.instanceId);
  }

  get launched(): number {
    return this.#instances.size;
  }

  async *instancesByTags(tags: Tags): AsyncGenerator<WorkerInstance> {
    for (const { instance } of [...this.#instances.values()]) if (has(instance.tags, tags)) yield await Promise.resolve(instance);
  }

  async terminate(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.kill(id, "Client.UserInitiatedShutdown");
    await Promise.resolve();
  }

  async subnets(): Promise<readonly WorkerSubnet[]> {
    return await this.defaultSubnets();
  }

  async defaultSubnets(): Promise<readonly WorkerSubnet[]> {
    return await Promise.resolve(["a", "b"].map((zone, at) => ({ subnetId: `subnet-${String(at + 1)}`, vpcId: "vpc-1", availabilityZone: `${this.region}${zone}`, freeAddresses: 10 })));
  }

  async newestImage(): Promise<WorkerImage> {
    return await Promise.resolve({ imageId: "ami-1", rootDeviceName: "/dev/xvda", rootVolumeGib: 8 });
  }

  async offeredTypes(types: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    return await Promise.resolve(new Map(["a", "b"].map((zone) => [`${this.region}${zone}`, new Set(types)])));
  }

  async *volumesByTags(tags: Tags): AsyncGenerator<TaggedResource> {
    for (const found of [...this.volumes.values()]) if (has(found.tags, tags)) yield await Promise.resolve(found);
  }

  async *interfacesByTags(tags: Tags): AsyncGenerator<TaggedResource> {
    for (const found of [...this.interfaces.values()]) if (has(found.tags, tags)) yield await Promise.resolve(found);
  }

  async deleteVolume(id: string): Promise<void> {
    this.volumes.delete(id);
    await Promise.resolve();
  }

  async deleteInterface(id: string): Promise<void> {
    this.interfaces.delete(id);
    await Promise.resolve();
  }

  /** As the user data does: boots, runs the mover no longer than it may, and ends the machine whatever happens. */
  async #run(instanceId: string, life: Life, { userData }: LaunchWorkerRequest, isDead: boolean): Promise<void> {
    const { clock, environmentOf } = this.#world;
    const told = new Map([...userData.matchAll(/(HOLDFAST_[A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value] as const));
    const maxLifeMs = Number(told.get("HOLDFAST_MAX_LIFE_SECONDS")) * 1_000;
    void clock.sleep(maxLifeMs).then(() => this.kill(instanceId, "Client.InstanceInitiatedShutdown"));
    await clock.sleep(bootMs);
    await life.runs();
    if (isDead) return;
    const identity: MoverIdentity = { worker: told.get("HOLDFAST_WORKER") ?? "", instanceId, architecture: "x64", maxLifeMs };
    // a mover that raises ends its machine like any other
    await runMover(environmentOf(life, () => Promise.resolve(this.#instances.get(instanceId)?.isInterrupted === true)), identity).catch(() => undefined);
    this.kill(instanceId, "Client.InstanceInitiatedShutdown");
  }

  #fate(): Fate {
    const { random, weather } = this.#world;
    const call = (): number => 1 + Math.floor(random.fraction() * mostCallsOfVictim);
    const diesAtCall = random.fraction() < weather.workerDeaths ? call() : undefined;
    const stallsAtCall = random.fraction() < weather.workerStalls ? call() : undefined;
    return { diesAtCall, lastCallArrives: random.fraction() < 0.5, stallsAtCall, stallMs: Math.floor(random.fraction() * longestStallMs) };
  }

  /** A process that died leaves its machine to the user data, which ends it; or the machine died with it, which EC2 sees a while later. */
  #endSoon(instanceId: string): void {
    const { clock, random } = this.#world;
    void clock.sleep(Math.floor(random.fraction() * 300_000)).then(() => this.kill(instanceId, "Server.InternalError"));
  }

  #free(resources: Map<string, TaggedResource>, id: string): void {
    const found = resources.get(id);
    if (found === undefined) return;
    if (this.#world.random.fraction() < this.#world.weather.leftovers) resources.set(id, { ...found, isAttached: false });
    else resources.delete(id);
  }
}
