import type { Ec2Environment } from "../ec2-environment.js";
import type { LeftInterfaceRecord } from "../network/network-records.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { disposeOfVolumes, markForDisposal } from "../volumes/volume-disposals.js";
import { towards } from "./change-state.js";
import type { InstanceRecord, StateReason } from "./instance-record.js";
import type { InstanceControl } from "./instance-runner.js";

/** Sets instances on their way to be terminated; their volumes stay or go as their attachments say. */
export function terminateAll(environment: Ec2Environment, instances: readonly InstanceRecord[], reason?: StateReason): InstanceRecord[] {
  const { blocks, tables, runner } = environment;
  const left = instances.filter((instance) => instance.target !== "terminated" && instance.keepsInterface === true);
  const ended = instances.map((instance) => (instance.target === "terminated" ? instance : towards(environment, instance, "terminated", reason)));
  const attachments = ended.flatMap((instance) => attachmentsOf(environment, instance.instanceId));
  const doomed = attachments.filter((attachment) => attachment.deleteOnTermination).map((attachment) => attachment.volumeId);
  blocks.records.commit([
    ...ended.map((instance) => tables.instances.put(instance.instanceId, instance)),
    ...left.map((instance) => tables.leftInterfaces.put(instance.networkInterfaceId, interfaceOf(instance))),
    ...attachments.map((attachment) => tables.attachments.remove(attachment.volumeId)),
    ...markForDisposal(environment, doomed),
  ]);
  for (const instance of ended) runner?.end(instance);
  disposeOfVolumes(environment, doomed);
  return ended;
}

function interfaceOf({ accountId, region, networkInterfaceId, subnetId, privateIpAddress: address, securityGroupIds: groupIds }: InstanceRecord): LeftInterfaceRecord {
  return { accountId, region, networkInterfaceId, subnetId, address, groupIds };
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
