import type { FoundWorkerRole, LaunchWorkerRequest, NetworkPart, NetworkPartRequest, TaggedResource, Tags, WorkerAccount, WorkerCompute, WorkerImage, WorkerInstance, WorkerNetworkFacts, WorkerMarket, WorkerNetworks, WorkerQuotas, RemoveWorkerRoleRequest, WorkerRoleRequest, WorkerRoles, WorkerSubnet } from "../../src/ports/index.js";
import { ProviderError } from "../../src/errors/index.js";

const has = (tags: Tags, wanted: Tags): boolean => Object.entries(wanted).every(([key, value]) => tags[key] === value);

/** EC2 in memory, as far as workers are concerned: nothing runs on its instances. */
export class MemoryWorkerCompute implements WorkerCompute {
  readonly region = "eu-west-1";
  readonly instances = new Map<string, WorkerInstance>();
  readonly volumes = new Map<string, TaggedResource>();
  readonly interfaces = new Map<string, TaggedResource>();
  readonly requests: LaunchWorkerRequest[] = [];
  subnetList: WorkerSubnet[] = [{ subnetId: "subnet-1", vpcId: "vpc-1", availabilityZone: "eu-west-1a", freeAddresses: 100 }];
  refuse: (request: LaunchWorkerRequest) => string | undefined = () => undefined;

  addInstance(tags: Tags): string {
    const instanceId = `i-${String(this.instances.size + 1)}`;
    this.instances.set(instanceId, { instanceId, instanceType: "c5.large", state: "running", tags });
    return instanceId;
  }

  async launch(request: LaunchWorkerRequest): Promise<WorkerInstance> {
    this.requests.push(request);
    const code = this.refuse(request);
    if (code !== undefined) throw new ProviderError(`no place: ${code}`, { code, retryable: true, service: "ec2", operation: "RunInstances" });
    return this.instances.get(this.addInstance(request.tags))!;
  }

  async *instancesByTags(tags: Tags): AsyncGenerator<WorkerInstance> {
    for (const instance of this.instances.values()) if (has(instance.tags, tags)) yield instance;
  }

  async terminate(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.instances.set(id, { ...this.instances.get(id)!, state: "terminated" });
  }

  get running(): string[] {
    return [...this.instances.values()].filter(({ state }) => state === "running").map(({ instanceId }) => instanceId);
  }

  async subnets(): Promise<readonly WorkerSubnet[]> {
    return this.subnetList;
  }

  async defaultSubnets(): Promise<readonly WorkerSubnet[]> {
    return this.subnetList;
  }

  async newestImage(): Promise<WorkerImage> {
    return { imageId: "ami-1", rootDeviceName: "/dev/xvda", rootVolumeGib: 8 };
  }

  async offeredTypes(types: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    return new Map(["a", "b"].map((zone) => [`eu-west-1${zone}`, new Set(types)]));
  }

  async *volumesByTags(tags: Tags): AsyncGenerator<TaggedResource> {
    for (const volume of [...this.volumes.values()]) if (has(volume.tags, tags)) yield volume;
  }

  async *interfacesByTags(tags: Tags): AsyncGenerator<TaggedResource> {
    for (const found of [...this.interfaces.values()]) if (has(found.tags, tags)) yield found;
  }

  async deleteVolume(id: string): Promise<void> {
    this.volumes.delete(id);
  }

  async deleteInterface(id: string): Promise<void> {
    this.interfaces.delete(id);
  }
}

/** Networks in memory: what was made, with its request. */
export class MemoryWorkerNetworks implements WorkerNetworks {
  readonly region = "eu-west-1";
  readonly parts = new Map<string, { readonly request: NetworkPartRequest; readonly tags: Tags }>();
  facts: WorkerNetworkFacts | undefined;
  /** Called before each part is made or removed: may throw. */
  onCall: (what: string) => void = () => undefined;

  async describe(): Promise<WorkerNetworkFacts> {
    if (this.facts === undefined) throw new Error("the test has set no facts");
    return this.facts;
  }

  async availabilityZones(): Promise<readonly string[]> {
    return ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
  }

  async create(request: NetworkPartRequest, tags: Tags): Promise<string> {
    this.onCall(`create ${tags["holdfast:network"] ?? ""}`);
    const id = `${request.kind}-${String(this.parts.size + 1)}`;
    this.parts.set(id, { request, tags });
    return id;
  }

  /** The parts that were set up, each as often as it was. */
  readonly setUps: string[] = [];

  /** The policies of endpoints that were set up. */
  readonly policies: string[] = [];

  async setUp(id: string, request: NetworkPartRequest): Promise<void> {
    if (!this.parts.has(id)) throw new Error(`${id} was not made`);
    this.setUps.push(id);
    if (request.kind === "endpoint") this.policies.push(request.policy ?? "");
  }

  async awaitEndpoints(ids: readonly string[]): Promise<void> {
    for (const id of ids) if (!this.parts.has(id)) throw new Error(`${id} was not made`);
  }

  async partsByTags(tags: Tags, roleTag: string): Promise<readonly NetworkPart[]> {
    return [...this.parts].filter(([, part]) => has(part.tags, tags)).map(([id, { request, tags: own }]) => ({ kind: request.kind, id, role: own[roleTag] ?? "" }));
  }

  async remove(part: NetworkPart): Promise<void> {
    this.onCall(`remove ${part.role}`);
    this.parts.delete(part.id);
  }
}

/** IAM in memory, as far as roles of single workers are concerned. */
export class MemoryWorkerRoles implements WorkerRoles {
  readonly roles = new Map<string, WorkerRoleRequest>();

  async make(request: WorkerRoleRequest): Promise<void> {
    this.roles.set(request.name, request);
  }

  async remove({ name }: RemoveWorkerRoleRequest): Promise<void> {
    this.roles.delete(name);
  }

  async *byTags(path: string, tags: Tags): AsyncGenerator<FoundWorkerRole> {
    for (const role of [...this.roles.values()]) if (role.path === path && has(role.tags, tags)) yield { kind: "role", name: role.name, tags: role.tags };
  }
}

/** Quotas in memory: four vCPUs a type. */
export class MemoryWorkerQuotas implements WorkerQuotas {
  readonly limits: Record<WorkerMarket, number> = { "on-demand": 1_000, spot: 1_000 };
  readonly inUse: Record<WorkerMarket, number> = { "on-demand": 0, spot: 0 };

  async vcpuLimit(market: WorkerMarket): Promise<number> {
    return this.limits[market];
  }

  async vcpusInUse(market: WorkerMarket): Promise<number> {
    return this.inUse[market];
  }

  async vcpusOf(instanceTypes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(instanceTypes.map((type) => [type, 4]));
  }
}

/** An account of which a pool sees nothing but workers. */
export function workerAccount(compute: WorkerCompute, networks: WorkerNetworks = new MemoryWorkerNetworks(), roles: WorkerRoles = new MemoryWorkerRoles(), quotas: WorkerQuotas = new MemoryWorkerQuotas()): WorkerAccount {
  const nothing = (): never => {
    throw new Error("a worker pool asks for nothing of the kind");
  };
  return { region: "eu-west-1", accountId: () => Promise.resolve("111122223333"), compute: nothing, openSnapshotReader: nothing, openSnapshotWriter: nothing, workerCompute: () => compute, workerNetworks: () => networks, workerRoles: () => roles, workerQuotas: () => quotas };
}
