import type { CallOptions, NetworkPart, NetworkPartRequest, Tags, WorkerNetworkFacts, WorkerNetworks } from "../../../../ports/index.js";
import { availabilityZones } from "../availability-zones.js";
import type { Ec2Door } from "../ec2-door.js";
import { awaitEndpoints } from "./await-endpoints.js";
import { createPart } from "./create-part.js";
import { describeNetwork } from "./describe-network.js";
import { partsByTags, removePart } from "./network-parts.js";
import { setUpPart } from "./set-up-part.js";

/** Workers' networks on EC2, in one account and region. */
export class Ec2WorkerNetworks implements WorkerNetworks {
  readonly #door: Ec2Door;

  constructor(door: Ec2Door) {
    this.#door = door;
  }

  get region(): string {
    return this.#door.region;
  }

  async describe(request: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }, options: CallOptions = {}): Promise<WorkerNetworkFacts> {
    return await describeNetwork(this.#door, request, options);
  }

  async availabilityZones(options: CallOptions = {}): Promise<readonly string[]> {
    return await availabilityZones(this.#door, options);
  }

  async create(request: NetworkPartRequest, tags: Tags, options: CallOptions = {}): Promise<string> {
    return await createPart(this.#door, request, tags, options);
  }

  async setUp(id: string, request: NetworkPartRequest, options: CallOptions = {}): Promise<void> {
    await setUpPart(this.#door, id, request, options);
  }

  async awaitEndpoints(ids: readonly string[], options: CallOptions = {}): Promise<void> {
    await awaitEndpoints(this.#door, ids, options);
  }

  async partsByTags(tags: Tags, roleTag: string, options: CallOptions = {}): Promise<readonly NetworkPart[]> {
    return await partsByTags(this.#door, tags, roleTag, options);
  }

  async remove(part: NetworkPart, options: CallOptions = {}): Promise<void> {
    await removePart(this.#door, part, options);
  }
}
