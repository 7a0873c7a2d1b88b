import { spawn, type ChildProcess } from "node:child_process";
import { ProviderError } from "../../src/errors/index.js";
import type { LaunchWorkerRequest, TaggedResource, Tags, WorkerAccount, WorkerCompute, WorkerImage, WorkerInstance, WorkerSubnet } from "../../src/ports/index.js";
import type { AwsAccount } from "../../src/index.js";

interface RunningInstance {
  instance: WorkerInstance;
  readonly process: ChildProcess;
  readonly request: LaunchWorkerRequest;
  readonly output: string[];
}

/** EC2 whose instances are processes of this machine: each launch runs the data mover as a worker's user data would. */
export class ProcessCompute implements WorkerCompute {
  readonly region: string;
  readonly instances = new Map<string, RunningInstance>();
  readonly requests: LaunchWorkerRequest[] = [];
  subnetList: WorkerSubnet[] = [{ subnetId: "subnet-1", vpcId: "vpc-1", availabilityZone: "eu-west-1a", freeAddresses: 100 }];
  /** Refuses a launch with this code, where it gives one. */
  refuse: (request: LaunchWorkerRequest) => string | undefined = () => undefined;
  readonly #mover: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(region: string, mover: string, environment: Readonly<Record<string, string>>) {
    this.region = region;
    this.#mover = mover;
    this.#environment = environment;
  }

  async launch(request: LaunchWorkerRequest): Promise<WorkerInstance> {
    const known = [...this.instances.values()].find(({ request: { clientToken } }) => clientToken === request.clientToken);
    if (known !== undefined) return known.instance;
    this.requests.push(request);
    const code = this.refuse(request);
    if (code !== undefined) throw new ProviderError(`no place: ${code}`, { code, retryable: true, service: "ec2", operation: "RunInstances" });
    const instanceId = `i-${String(this.instances.size + 1).padStart(8, "0")}`;
    const told = Object.fromEntries([...request.userData.matchAll(/(HOLDFAST_[A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]): [string, string] => [name, value]));
    const output: string[] = [];
    const child = spawn(process.execPath, [this.#mover], { env: { PATH: process.env["PATH"], ...told, ...this.#environment, HOLDFAST_INSTANCE_ID: instanceId }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    const running: RunningInstance = { process: child, request, output, instance: { instanceId, instanceType: request.instanceType, state: "running", subnetId: request.subnetId, tags: request.tags } };
    child.once("exit", () => (running.instance = { ...running.instance, state: "terminated", stateReason: running.instance.stateReason ?? "Client.InstanceInitiatedShutdown" }));
    this.instances.set(instanceId, running);
    return running.instance;
  }

  async *instancesByTags(tags: Tags): AsyncGenerator<WorkerInstance> {
    for (const { instance } of this.instances.values()) if (Object.entries(tags).every(([key, value]) => instance.tags[key] === value)) yield instance;
  }

  async terminate(instanceIds: readonly string[]): Promise<void> {
    for (const id of instanceIds) await this.kill(id, "Client.UserInitiatedShutdown");
  }

  /** As AWS takes back a spot instance, or a machine dies. */
  async kill(instanceId: string, reason: string): Promise<void> {
    const running = this.instances.get(instanceId);
    if (running === undefined || running.process.exitCode !== null || running.process.signalCode !== null) return;
    running.instance = { ...running.instance, state: "shutting-down", stateReason: reason };
    const ended = new Promise((resolve) => running.process.once("exit", resolve));
    running.process.kill("SIGKILL");
    await ended;
  }

  get running(): readonly RunningInstance[] {
    return [...this.instances.values()].filter(({ instance }) => instance.state === "running");
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
    return new Map(["a", "b"].map((zone) => [`${this.region}${zone}`, new Set(types)]));
  }

  async *volumesByTags(): AsyncGenerator<TaggedResource> {}
  async *interfacesByTags(): AsyncGenerator<TaggedResource> {}
  async deleteVolume(): Promise<void> {}
  async deleteInterface(): Promise<void> {}

  async close(): Promise<void> {
    for (const id of this.instances.keys()) await this.kill(id, "the test is over");
  }
}

/** An account whose workers are processes. */
export function withProcesses(account: AwsAccount, compute: WorkerCompute): WorkerAccount {
  return Object.assign(Object.create(account) as AwsAccount, {
    region: account.region,
    accountId: async () => await account.accountId(),
    workerCompute: () => compute,
  });
}
