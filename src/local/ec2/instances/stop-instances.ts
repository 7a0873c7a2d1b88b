import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { describeChange } from "./change-state.js";
import { stopAll } from "./end-instances.js";
import { requireInstances } from "./find-instance.js";
import type { InstanceRecord } from "./instance-record.js";
import { stateOf } from "./instance-state.js";

export function stopInstances(environment: Ec2Environment, input: ec2.StopInstancesRequest, context: RequestContext): ec2.StopInstancesResult {
  acceptOnly(input, ["InstanceIds", "Force"]);
  const instances = requireInstances(environment, context, input.InstanceIds);
  const before = new Map(instances.map((instance) => [instance.instanceId, stateOf(environment, instance)]));
  for (const instance of instances) checkStoppable(instance, before.get(instance.instanceId) ?? "running");
  const ended = stopAll(environment, instances);
  return { StoppingInstances: ended.map((instance) => describeChange(environment, before.get(instance.instanceId) ?? "running", instance)) };
}

function checkStoppable({ instanceId, isSpot, isStopProtected }: InstanceRecord, state: ec2.InstanceStateName): void {
  if (isSpot) {
    throw ec2Error("UnsupportedOperation", `You can't stop the Spot Instance '${instanceId}' because it is associated with a one-time Spot Instance request.`);
  }
  if (isStopProtected) {
    throw ec2Error("OperationNotPermitted", `The instance '${instanceId}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`);
  }
  if (state !== "running" && state !== "stopping" && state !== "stopped") {
    throw ec2Error("IncorrectInstanceState", `The instance '${instanceId}' is not in a state from which it can be stopped.`);
  }
}
