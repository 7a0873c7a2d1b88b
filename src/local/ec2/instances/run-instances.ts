import type * as ec2 from "@aws-sdk/client-ec2";
import type { RecordChange } from "../../blocks/record-store.js";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidValue } from "../ec2-error.js";
import { createId } from "../resource-id.js";
import type { AttachmentRecord } from "../volumes/attachment-record.js";
import { describeReservation } from "./describe-instance.js";
import { findInstance } from "./find-instance.js";
import { interfacesOf } from "./instance-interfaces.js";
import type { InstanceInterface, InstanceRecord } from "./instance-record.js";
import { isForgotten } from "./instance-state.js";
import { publicAddressOf } from "./launch-network.js";
import type { LaunchInterface } from "./launch-network.js";
import { planLaunch } from "./launch-plan.js";
import { refuseLaunch } from "./launch-refusal.js";
import type { LaunchPlan } from "./launch-plan.js";
import { ensureSpotRole } from "./spot-role.js";

export async function runInstances(environment: Ec2Environment, input: ec2.RunInstancesRequest, context: RequestContext): Promise<ec2.Reservation> {
  acceptOnly(input, [
    ...["ImageId", "InstanceType", "MinCount", "MaxCount", "BlockDeviceMappings", "KeyName", "Monitoring", "Placement", "UserData"] as const,
    ...["SecurityGroupIds", "SecurityGroups", "SubnetId", "PrivateIpAddress", "NetworkInterfaces", "IamInstanceProfile"] as const,
    ...["TagSpecifications", "InstanceMarketOptions", "MetadataOptions", "EbsOptimized", "ClientToken"] as const,
    ...["DisableApiTermination", "DisableApiStop", "InstanceInitiatedShutdownBehavior"] as const,
    ...["CpuOptions", "CreditSpecification", "HibernationOptions", "EnclaveOptions", "PrivateDnsNameOptions"] as const,
    ...["MaintenanceOptions", "CapacityReservationSpecification"] as const,
  ]);
  // before all else: from here to the commit nothing may come in between
  await ensureSpotRole(environment.iam, input, context);
  const use = { operation: "RunInstances", input, context };
  const earlier = environment.clientTokens.find(use);
  if (earlier !== undefined) return describeReservation(environment, earlier.map((instanceId) => requireAlive(environment, instanceId, context)));
  const plan = planLaunch(environment, input, readCount(input), context);
  const faults = environment.meetLaunch(plan.instance);
  refuseLaunch(faults, plan.instance);
  const reservationId = createId("r");
  const instances: InstanceRecord[] = [];
  const attachments: AttachmentRecord[] = [];
  try {
    for (let launchIndex = 0; launchIndex < plan.count; launchIndex += 1) {
      const [primary, ...further] = interfacesFor(plan, launchIndex);
      const { networkInterfaceId, address: privateIpAddress } = primary;
      const instance: InstanceRecord = {
        ...plan.instance,
        instanceId: createId("i"),
        reservationId,
        launchIndex,
        privateIpAddress,
        networkInterfaceId,
        ...(further.length === 0 ? {} : { furtherInterfaces: further }),
        ...(plan.isPublic ? { publicIpAddress: publicAddressOf(networkInterfaceId) } : {}),
      };
      instances.push(instance);
      for (const attachment of createVolumes(environment, instance, plan)) attachments.push(attachment);
    }
  } catch (error) {
    for (const { volumeId } of attachments) environment.blocks.deleteVolume(volumeId);
    throw error;
  }
  const { records } = environment.blocks;
  const { tables } = environment;
  records.commit([
    ...instances.map((instance) => tables.instances.put(instance.instanceId, instance)),
    ...plan.interfaces.flatMap(({ existingId }) => (existingId === undefined ? [] : [tables.leftInterfaces.remove(existingId)])),
    ...(Object.keys(plan.interfaceTags).length === 0 ? [] : instances.flatMap((instance) => newInterfaces(instance, plan).map((id) => tables.tags.put(id, { tags: plan.interfaceTags })))),
    ...attachments.map((attachment) => tables.attachments.put(attachment.volumeId, attachment)),
    ...environment.clientTokens.changes(use, instances.map((instance) => instance.instanceId)),
    ...forgetOld(environment),
  ]);
  for (const instance of instances) environment.runner?.launch(instance, faults);
  return describeReservation(environment, instances);
}

function interfacesFor(plan: LaunchPlan, launchIndex: number): [InstanceInterface, ...InstanceInterface[]] {
  const [first, ...further] = plan.interfaces;
  const made = (one: LaunchInterface): InstanceInterface => ({
    networkInterfaceId: one.existingId ?? createId("eni"),
    deviceIndex: one.deviceIndex,
    networkCardIndex: one.networkCardIndex,
    subnetId: one.subnet.subnetId,
    address: one.addresses[launchIndex] ?? "",
    secondaryAddresses: one.secondaryAddresses,
    groupIds: one.groupIds,
    description: one.description,
    deleteOnTermination: one.deleteOnTermination,
    isSourceDestChecked: true,
  });
  return [made(first), ...further.map(made)];
}

/** Interfaces that were there before keep their own tags. */
function newInterfaces(instance: InstanceRecord, { interfaces }: LaunchPlan): string[] {
  const existing = new Set(interfaces.map(({ existingId }) => existingId));
  return interfacesOf(instance).map(({ networkInterfaceId }) => networkInterfaceId).filter((id) => !existing.has(id));
}

function* createVolumes(environment: Ec2Environment, instance: InstanceRecord, plan: LaunchPlan): Generator<AttachmentRecord> {
  const { accountId, region, availabilityZone, instanceId, launchedAt } = instance;
  for (const { deviceName, deleteOnTermination, volume } of plan.devices) {
    const { volumeId } = environment.blocks.createVolume({ accountId, region, availabilityZone, ...volume, tags: { ...plan.volumeTags } });
    yield { volumeId, instanceId, deviceName, attachedAt: launchedAt, deleteOnTermination };
  }
}

/** As many as are asked for: where this cloud lacks capacity it has none at all, so that the least number means nothing. */
function readCount({ MinCount: min, MaxCount: max }: ec2.RunInstancesRequest): number {
  if (min === undefined || !Number.isInteger(min) || min < 1) throw invalidValue(`Value (${min ?? ""}) for parameter minCount is invalid.`);
  if (max === undefined || !Number.isInteger(max) || max < min) throw invalidValue(`Value (${max ?? ""}) for parameter maxCount is invalid.`);
  if (max > MAX_INSTANCES) throw ec2Error("InstanceLimitExceeded", `You have requested more instances (${max}) than your current instance limit of ${MAX_INSTANCES} allows.`);
  return max;
}

const MAX_INSTANCES = 256;

function requireAlive(environment: Ec2Environment, instanceId: string, context: RequestContext): InstanceRecord {
  const instance = findInstance(environment, context, instanceId);
  if (instance !== undefined && instance.target !== "terminated") return instance;
  throw ec2Error("IdempotentInstanceTerminated", "The client token you have provided is associated with an instance that has been terminated.");
}

function forgetOld(environment: Ec2Environment): RecordChange[] {
  const { instances } = environment.tables;
  const old = [...instances.values()].filter((instance) => isForgotten(environment, instance));
  return old.flatMap((instance) => [instances.remove(instance.instanceId), ...interfacesOf(instance).filter((one) => one.deleteOnTermination).map((one) => environment.tables.tags.remove(one.networkInterfaceId))]);
}
