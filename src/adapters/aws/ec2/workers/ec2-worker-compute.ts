import type { CallOptions, LaunchWorkerRequest, TaggedResource, Tags, WorkerArchitecture, WorkerCompute, WorkerImage, WorkerInstance, WorkerSubnet } from "../../../../ports/index.js";
import { deleteVolume } from "../delete-volume.js";
import type { Ec2Door } from "../ec2-door.js";
import { launchWorker } from "./launch-worker.js";
import { terminateWorkers, workersByTags } from "./worker-instances.js";
import { deleteInterface, taggedInterfaces, taggedVolumes } from "./worker-leftovers.js";
import { defaultSubnets, findSubnets, newestImage, offeredTypes } from "./worker-places.js";

/** Workers' instances on EC2, in one account and region. */
export class Ec2WorkerCompute implements WorkerCompute {
  readonly #door: Ec2Door;

  constructor(door: Ec2Door) {
    this.#door = door;
  }

  get region(): string {
    return this.#door.region;
  }

  async launch(request: LaunchWorkerRequest, options: CallOptions = {}): Promise<WorkerInstance> {
    return await launchWorker(this.#door, request, options);
  }

  instancesByTags(tags: Tags, options: CallOptions = {}): AsyncIterable<WorkerInstance> {
    return workersByTags(this.#door, tags, options);
  }

  async terminate(instanceIds: readonly string[], options: CallOptions = {}): Promise<void> {
    await terminateWorkers(this.#door, instanceIds, options);
  }

  async subnets(subnetIds: readonly string[], options: CallOptions = {}): Promise<readonly WorkerSubnet[]> {
    return await findSubnets(this.#door, subnetIds, options);
  }

  async defaultSubnets(options: CallOptions = {}): Promise<readonly WorkerSubnet[]> {
    return await defaultSubnets(this.#door, options);
  }

  async newestImage(architecture: WorkerArchitecture, options: CallOptions = {}): Promise<WorkerImage> {
    return await newestImage(this.#door, architecture, options);
  }

  async offeredTypes(instanceTypes: readonly string[], options: CallOptions = {}): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    return await offeredTypes(this.#door, instanceTypes, options);
  }

  volumesByTags(tags: Tags, options: CallOptions = {}): AsyncIterable<TaggedResource> {
    return taggedVolumes(this.#door, tags, options);
  }

  interfacesByTags(tags: Tags, options: CallOptions = {}): AsyncIterable<TaggedResource> {
    return taggedInterfaces(this.#door, tags, options);
  }

  async deleteVolume(volumeId: string, options: CallOptions = {}): Promise<void> {
    await deleteVolume(this.#door, volumeId, options);
  }

  async deleteInterface(interfaceId: string, options: CallOptions = {}): Promise<void> {
    await deleteInterface(this.#door, interfaceId, options);
  }
}
