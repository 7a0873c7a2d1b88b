import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { describeChange, towards } from "./change-state.js";
import { requireInstances } from "./find-instance.js";
import type { InstanceRecord } from "./instance-record.js";
import { stateOf } from "./instance-state.js";

export function startInstances(environment: Ec2Environment, input: ec2.StartInstancesRequest, context: RequestContext): ec2.StartInstancesResult {
  acceptOnly(input, ["InstanceIds"]);
  const { blocks, tables } = environment;
  const instances = requireInstances(environment, context, input.InstanceIds).map((instance) => {
    const before = stateOf(environment, instance);
    checkStartable(environment, instance, before);
    return { before, after: before === "stopped" ? towards(environment, instance, "running") : instance };
  });
  blocks.records.commit(instances.map(({ after }) => tables.instances.put(after.instanceId, after)));
  return { StartingInstances: instances.map(({ before, after }) => describeChange(environment, before, after)) };
}

function checkStartable(environment: Ec2Environment, { instanceId, rootDeviceName }: InstanceRecord, state: ec2.InstanceStateName): void {
  if (state !== "pending" && state !== "running" && state !== "stopped") {
    throw ec2Error("IncorrectInstanceState", `The instance '${instanceId}' is not in a state from which it can be started.`);
  }
  if (!attachmentsOf(environment, instanceId).some((attachment) => attachment.deviceName === rootDeviceName)) {
    throw ec2Error("IncorrectInstanceState", `The instance '${instanceId}' does not have a root volume attached.`);
  }
}
