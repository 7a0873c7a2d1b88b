import type { Ec2Environment } from "../ec2-environment.js";
import type { LeftInterfaceRecord } from "../network/network-records.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { disposeOfVolumes, markForDisposal } from "../volumes/volume-disposals.js";
import { towards } from "./change-state.js";
import { interfacesOf } from "./instance-interfaces.js";
import type { InstanceInterface, InstanceRecord, StateReason } from "./instance-record.js";
import type { InstanceControl } from "./instance-runner.js";

/** Sets instances on their way to be terminated; their volumes stay or go as their attachments say. */
export function terminateAll(environment: Ec2Environment, instances: readonly InstanceRecord[], reason?: StateReason): InstanceRecord[] {
  const { blocks, tables, runner } = environment;
  const living = instances.filter((instance) => instance.target !== "terminated");
  const left = living.flatMap((instance) => interfacesOf(instance).filter((one) => !one.deleteOnTermination).map((one) => interfaceOf(instance, one)));
  const gone = new Set(living.flatMap((instance) => interfacesOf(instance).map((one) => one.networkInterfaceId)));
  const freed = [...tables.addresses.values()].filter(({ networkInterfaceId }) => networkInterfaceId !== undefined && gone.has(networkInterfaceId));
  const ended = instances.map((instance) => (instance.target === "terminated" ? instance : towards(environment, instance, "terminated", reason)));
  const attachments = ended.flatMap((instance) => attachmentsOf(environment, instance.instanceId));
  const doomed = attachments.filter((attachment) => attachment.deleteOnTermination).map((attachment) => attachment.volumeId);
  blocks.records.commit([
    ...ended.map((instance) => tables.instances.put(instance.instanceId, instance)),
    ...left.map((one) => tables.leftInterfaces.put(one.networkInterfaceId, one)),
    ...freed.map(({ allocationId, publicIp, accountId, region }) => tables.addresses.put(allocationId, { allocationId, publicIp, accountId, region })),
    ...attachments.map((attachment) => tables.attachments.remove(attachment.volumeId)),
    ...markForDisposal(environment, doomed),
  ]);
  for (const instance of ended) runner?.end(instance);
  disposeOfVolumes(environment, doomed);
  return ended;
}

function interfaceOf({ accountId, region }: InstanceRecord, { networkInterfaceId, subnetId, address, secondaryAddresses, description, groupIds }: InstanceInterface): LeftInterfaceRecord {
  return { accountId, region, networkInterfaceId, subnetId, address, secondaryAddresses, description, groupIds };
}

/** Sets running instances on their way to be stopped. */
export function stopAll(environment: Ec2Environment, instances: readonly InstanceRecord[], reason?: StateReason): InstanceRecord[] {
  const { blocks, tables, runner } = environment;
  const ended = instances.map((instance) => (instance.target === "running" ? towards(environment, instance, "stopped", reason) : instance));
  blocks.records.commit(ended.map((instance) => tables.instances.put(instance.instanceId, instance)));
  for (const instance of ended) runner?.end(instance);
  return ended;
}

/** What whoever runs instances may do with them. */
export function instanceControl(environment: Ec2Environment): InstanceControl {
  const { instances } = environment.tables;
  return {
    find: (instanceId) => instances.get(instanceId),
    running: () => [...instances.values()].filter((instance) => instance.target === "running"),
    end: (instanceId, target, reason) => {
      const instance = instances.get(instanceId);
      if (instance?.target !== "running") return;
      if (target === "terminated") terminateAll(environment, [instance], reason);
      else stopAll(environment, [instance], reason);
    },
  };
}
