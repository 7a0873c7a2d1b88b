import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { describeChange } from "./change-state.js";
import { terminateAll } from "./end-instances.js";
import { requireInstances } from "./find-instance.js";
import { stateOf } from "./instance-state.js";

/** Terminates instances; their volumes stay or go as their attachments say. */
export function terminateInstances(environment: Ec2Environment, input: ec2.TerminateInstancesRequest, context: RequestContext): ec2.TerminateInstancesResult {
  acceptOnly(input, ["InstanceIds"]);
  const instances = requireInstances(environment, context, input.InstanceIds).map((instance) => {
    const { instanceId, target } = instance;
    if (instance.isTerminationProtected && target !== "terminated") {
      throw ec2Error("OperationNotPermitted", `The instance '${instanceId}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`);
    }
    return instance;
  });
  const before = new Map(instances.map((instance) => [instance.instanceId, stateOf(environment, instance)]));
  const ended = terminateAll(environment, instances);
  return { TerminatingInstances: ended.map((instance) => describeChange(environment, before.get(instance.instanceId) ?? "running", instance)) };
}
