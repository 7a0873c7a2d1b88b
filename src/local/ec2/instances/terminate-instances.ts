import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { disposeOfVolumes, markForDisposal } from "../volumes/volume-disposals.js";
import { describeChange, towards } from "./change-state.js";
import { requireInstances } from "./find-instance.js";
import { stateOf } from "./instance-state.js";

/** Terminates instances; their volumes stay or go as their attachments say. */
export function terminateInstances(environment: Ec2Environment, input: ec2.TerminateInstancesRequest, context: RequestContext): ec2.TerminateInstancesResult {
  acceptOnly(input, ["InstanceIds"]);
  const { blocks, tables } = environment;
  const instances = requireInstances(environment, context, input.InstanceIds).map((instance) => {
    const { instanceId, target } = instance;
    if (instance.isTerminationProtected && target !== "terminated") {
      throw ec2Error("OperationNotPermitted", `The instance '${instanceId}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`);
    }
    const before = stateOf(environment, instance);
    return { before, after: target === "terminated" ? instance : towards(environment, instance, "terminated") };
  });
  const attachments = instances.flatMap(({ after }) => attachmentsOf(environment, after.instanceId));
  const doomed = attachments.filter((attachment) => attachment.deleteOnTermination).map((attachment) => attachment.volumeId);
  blocks.records.commit([
    ...instances.map(({ after }) => tables.instances.put(after.instanceId, after)),
    ...attachments.map((attachment) => tables.attachments.remove(attachment.volumeId)),
    ...markForDisposal(environment, doomed),
  ]);
  disposeOfVolumes(environment, doomed);
  return { TerminatingInstances: instances.map(({ before, after }) => describeChange(environment, before, after)) };
}
