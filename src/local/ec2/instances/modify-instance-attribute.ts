import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination, invalidValue, missingParameter } from "../ec2-error.js";
import { requireInstanceType } from "../instance-types/instance-types.js";
import { requireGroup } from "../network/network.js";
import type { AttachmentRecord } from "../volumes/attachment-record.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { requireInstance } from "./find-instance.js";
import type { InstanceRecord } from "./instance-record.js";
import { requireNotTerminated, stateOf } from "./instance-state.js";
import { readShutdownBehavior, readUserData } from "./launch-settings.js";

type Changes = Partial<InstanceRecord>;

/** Changes one attribute of an instance, in either of the two forms that the API has. */
export function modifyInstanceAttribute(environment: Ec2Environment, input: ec2.ModifyInstanceAttributeRequest, context: RequestContext): void {
  acceptOnly(input, [
    ...["InstanceId", "Attribute", "Value", "BlockDeviceMappings", "DisableApiStop", "DisableApiTermination", "EbsOptimized"] as const,
    ...["Groups", "InstanceInitiatedShutdownBehavior", "InstanceType", "SourceDestCheck", "UserData"] as const,
  ]);
  const { blocks, tables } = environment;
  const instance = requireInstance(environment, context, input.InstanceId);
  requireNotTerminated(environment, instance);
  const request = unfold(input);
  const changes = readChanges(environment, request, instance, context);
  if (changes.userData !== undefined || changes.instanceType !== undefined || changes.isEbsOptimized !== undefined) {
    requireStopped(environment, instance);
  }
  const attachments = readAttachments(environment, request.BlockDeviceMappings ?? [], instance);
  const count = Object.keys(changes).length + (request.BlockDeviceMappings === undefined ? 0 : 1);
  if (count === 0) throw missingParameter("Attribute");
  if (count > 1) throw invalidCombination("Fields for multiple attribute types specified");
  blocks.records.commit([
    tables.instances.put(instance.instanceId, { ...instance, ...changes }),
    ...attachments.map((attachment) => tables.attachments.put(attachment.volumeId, attachment)),
  ]);
}

function readChanges(environment: Ec2Environment, input: ec2.ModifyInstanceAttributeRequest, instance: InstanceRecord, context: RequestContext): Changes {
  const { DisableApiStop, DisableApiTermination, EbsOptimized, Groups, SourceDestCheck, UserData, InstanceType } = input;
  const behavior = input.InstanceInitiatedShutdownBehavior?.Value;
  for (const groupId of Groups ?? []) requireGroup(environment, context, groupId);
  return {
    ...(DisableApiStop?.Value === undefined ? {} : { isStopProtected: DisableApiStop.Value }),
    ...(DisableApiTermination?.Value === undefined ? {} : { isTerminationProtected: DisableApiTermination.Value }),
    ...(EbsOptimized?.Value === undefined ? {} : { isEbsOptimized: EbsOptimized.Value }),
    ...(Groups === undefined || Groups.length === 0 ? {} : { securityGroupIds: Groups }),
    ...(SourceDestCheck?.Value === undefined ? {} : { isSourceDestChecked: SourceDestCheck.Value }),
    ...(behavior === undefined ? {} : { shutdownBehavior: readShutdownBehavior(behavior) }),
    ...(InstanceType?.Value === undefined ? {} : { instanceType: readType(InstanceType.Value, instance) }),
    ...(UserData === undefined ? {} : { userData: readUserData(Buffer.from(UserData.Value ?? []).toString("base64")) }),
  };
}

/** Turns `Attribute` and `Value` into the member that means the same. */
function unfold(input: ec2.ModifyInstanceAttributeRequest): ec2.ModifyInstanceAttributeRequest {
  const { Attribute: attribute, Value: value, ...rest } = input;
  if (attribute === undefined || value === undefined) return rest;
  switch (attribute) {
    case "disableApiStop":
      return { ...rest, DisableApiStop: { Value: readFlag(value) } };
    case "disableApiTermination":
      return { ...rest, DisableApiTermination: { Value: readFlag(value) } };
    case "ebsOptimized":
      return { ...rest, EbsOptimized: { Value: readFlag(value) } };
    case "sourceDestCheck":
      return { ...rest, SourceDestCheck: { Value: readFlag(value) } };
    case "instanceInitiatedShutdownBehavior":
      return { ...rest, InstanceInitiatedShutdownBehavior: { Value: value } };
    case "instanceType":
      return { ...rest, InstanceType: { Value: value } };
    case "userData":
      return { ...rest, UserData: { Value: Buffer.from(readUserData(value), "base64") } };
    case "blockDeviceMapping":
    case "enaSupport":
    case "enclaveOptions":
    case "groupSet":
    case "kernel":
    case "productCodes":
    case "ramdisk":
    case "rootDeviceName":
    case "sriovNetSupport":
      throw invalidValue(`The attribute ${attribute} cannot be changed by its name and a value.`);
  }
}

function readFlag(value: string): boolean {
  if (value !== "true" && value !== "false") throw invalidValue(`Value (${value}) for parameter value is invalid. Expected: true, false.`);
  return value === "true";
}

function readType(name: string, { architecture }: InstanceRecord): string {
  const type = requireInstanceType(name);
  if (type.architecture !== architecture) throw invalidValue(`The instance type '${name}' does not have the architecture '${architecture}' of the instance.`);
  return name;
}

function requireStopped(environment: Ec2Environment, instance: InstanceRecord): void {
  if (stateOf(environment, instance) === "stopped") return;
  throw ec2Error("IncorrectInstanceState", `The instance '${instance.instanceId}' is not in the 'stopped' state.`);
}

/** What changes of an attachment is only whether its volume goes with the instance. */
function readAttachments(
  environment: Ec2Environment,
  mappings: readonly ec2.InstanceBlockDeviceMappingSpecification[],
  instance: InstanceRecord,
): AttachmentRecord[] {
  const attachments = attachmentsOf(environment, instance.instanceId);
  return mappings.map(({ DeviceName: name = "", Ebs: ebs }) => {
    const attachment = attachments.find((candidate) => candidate.deviceName === name);
    if (attachment === undefined || (ebs?.VolumeId !== undefined && ebs.VolumeId !== attachment.volumeId)) {
      throw ec2Error("InvalidInstanceAttributeValue", `No device is currently mapped at ${name}`);
    }
    return { ...attachment, deleteOnTermination: ebs?.DeleteOnTermination ?? attachment.deleteOnTermination };
  });
}
