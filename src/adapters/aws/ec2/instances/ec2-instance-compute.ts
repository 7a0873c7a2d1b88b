import type {
  CallOptions,
  CapturedInstance,
  ElasticAddress,
  ImageNow,
  InstanceCompute,
  InstanceNow,
  LaunchInstanceRequest,
  RegisterImageRequest,
  TaggedResource,
  Tags,
  WorkerSubnet,
} from "../../../../ports/index.js";
import type { Ec2Door } from "../ec2-door.js";
import { deleteInterface, taggedInterfaces } from "../workers/worker-leftovers.js";
import { offeredTypes } from "../workers/worker-places.js";
import { deregisterImage, findImage, imagesByTags, registerImage } from "./instance-images.js";
import { architecturesOf, findElasticAddresses, findGroups, findSubnetsThere, freeInterfaces, hasKeyPair, usedAddresses } from "./instance-places.js";
import { associateAddress, readProtection, setProtection, setSourceDestCheck, setUserData, tagResources, untagResources } from "./instance-settings.js";
import { findInstanceNow, instancesNowByTags, launchInstance, startInstance, stopInstance, terminateInstance, waitForState, waitUntilHealthy } from "./instance-states.js";
import { attachVolume, detachVolume, setDeleteOnTermination } from "./instance-volumes.js";
import { capturedAttributes, readCaptured } from "./read-captured.js";

/** Instances that are restored on EC2, in one account and region. */
export class Ec2InstanceCompute implements InstanceCompute {
  readonly #door: Ec2Door;

  constructor(door: Ec2Door) {
    this.#door = door;
  }

  get region(): string {
    return this.#door.region;
  }

  readCaptured(attributes: Readonly<Record<string, unknown>>): CapturedInstance {
    return readCaptured(attributes);
  }

  async find(instanceId: string, options: CallOptions = {}): Promise<InstanceNow | undefined> {
    return await findInstanceNow(this.#door, instanceId, options);
  }

  byTags(tags: Tags, options: CallOptions = {}): AsyncIterable<InstanceNow> {
    return instancesNowByTags(this.#door, tags, options);
  }

  async launch(request: LaunchInstanceRequest, options: CallOptions = {}): Promise<string> {
    return await launchInstance(this.#door, request, options);
  }

  async start(instanceId: string, options: CallOptions = {}): Promise<void> {
    await startInstance(this.#door, instanceId, options);
  }

  async stop(instanceId: string, options: CallOptions = {}): Promise<void> {
    await stopInstance(this.#door, instanceId, options);
  }

  async terminate(instanceId: string, options: CallOptions = {}): Promise<void> {
    await terminateInstance(this.#door, instanceId, options);
  }

  async waitUntilRunning(instanceId: string, options: CallOptions = {}): Promise<InstanceNow> {
    return await waitForState(this.#door, instanceId, "running", options);
  }

  async waitUntilHealthy(instanceId: string, options: CallOptions = {}): Promise<void> {
    await waitUntilHealthy(this.#door, instanceId, options);
  }

  async attach(volumeId: string, instanceId: string, deviceName: string, options: CallOptions = {}): Promise<void> {
    await attachVolume(this.#door, { volumeId, instanceId, deviceName }, options);
  }

  async detach(volumeId: string, options: CallOptions = {}): Promise<void> {
    await detachVolume(this.#door, volumeId, options);
  }

  async setDeleteOnTermination(instanceId: string, deviceName: string, isDeleted: boolean, options: CallOptions = {}): Promise<void> {
    await setDeleteOnTermination(this.#door, { instanceId, deviceName, isDeleted }, options);
  }

  async setUserData(instanceId: string, userData: { readonly captured: Readonly<Record<string, unknown>> } | { readonly base64: string }, options: CallOptions = {}): Promise<void> {
    const base64 = "base64" in userData ? userData.base64 : (capturedAttributes(userData.captured).UserData ?? "");
    await setUserData(this.#door, instanceId, base64, options);
  }

  async setProtection(instanceId: string, protection: { readonly termination?: boolean | undefined; readonly stop?: boolean | undefined }, options: CallOptions = {}): Promise<void> {
    await setProtection(this.#door, instanceId, protection, options);
  }

  async protection(instanceId: string, options: CallOptions = {}): Promise<{ readonly termination: boolean; readonly stop: boolean }> {
    return await readProtection(this.#door, instanceId, options);
  }

  async setSourceDestCheck(interfaceId: string, isChecked: boolean, options: CallOptions = {}): Promise<void> {
    await setSourceDestCheck(this.#door, interfaceId, isChecked, options);
  }

  async registerImage(request: RegisterImageRequest, options: CallOptions = {}): Promise<string> {
    return await registerImage(this.#door, request, options);
  }

  async image(imageId: string, options: CallOptions = {}): Promise<ImageNow | undefined> {
    return await findImage(this.#door, imageId, options);
  }

  async imagesByTags(tags: Tags, options: CallOptions = {}): Promise<readonly ImageNow[]> {
    return await imagesByTags(this.#door, tags, options);
  }

  async deregisterImage(imageId: string, options: CallOptions = {}): Promise<void> {
    await deregisterImage(this.#door, imageId, options);
  }

  async tag(resourceIds: readonly string[], tags: Tags, options: CallOptions = {}): Promise<void> {
    await tagResources(this.#door, resourceIds, tags, options);
  }

  async untag(resourceIds: readonly string[], keys: readonly string[], options: CallOptions = {}): Promise<void> {
    await untagResources(this.#door, resourceIds, keys, options);
  }

  async subnets(subnetIds: readonly string[], options: CallOptions = {}): Promise<readonly WorkerSubnet[]> {
    return await findSubnetsThere(this.#door, subnetIds, options);
  }

  async securityGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<readonly { readonly groupId: string; readonly vpcId: string }[]> {
    return await findGroups(this.#door, groupIds, options);
  }

  async usedAddresses(subnetId: string, addresses: readonly string[], options: CallOptions = {}): Promise<ReadonlySet<string>> {
    return await usedAddresses(this.#door, subnetId, addresses, options);
  }

  async freeInterfaces(interfaceIds: readonly string[], options: CallOptions = {}): Promise<ReadonlySet<string>> {
    return await freeInterfaces(this.#door, interfaceIds, options);
  }

  async elasticAddresses(allocationIds: readonly string[], options: CallOptions = {}): Promise<readonly ElasticAddress[]> {
    return await findElasticAddresses(this.#door, allocationIds, options);
  }

  async associateAddress(allocationId: string, interfaceId: string, privateIp: string | undefined, options: CallOptions = {}): Promise<void> {
    await associateAddress(this.#door, { allocationId, interfaceId, privateIp }, options);
  }

  async hasKeyPair(keyName: string, options: CallOptions = {}): Promise<boolean> {
    return await hasKeyPair(this.#door, keyName, options);
  }

  async architecturesOf(instanceType: string, options: CallOptions = {}): Promise<readonly string[] | undefined> {
    return await architecturesOf(this.#door, instanceType, options);
  }

  async zonesOffering(instanceType: string, options: CallOptions = {}): Promise<ReadonlySet<string>> {
    const offered = await offeredTypes(this.#door, [instanceType], options);
    return new Set([...offered].filter(([, types]) => types.has(instanceType)).map(([zone]) => zone));
  }

  interfacesByTags(tags: Tags, options: CallOptions = {}): AsyncIterable<TaggedResource> {
    return taggedInterfaces(this.#door, tags, options);
  }

  async deleteInterface(interfaceId: string, options: CallOptions = {}): Promise<void> {
    await deleteInterface(this.#door, interfaceId, options);
  }
}
