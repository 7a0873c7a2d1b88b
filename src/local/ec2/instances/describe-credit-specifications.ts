import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { requireInstanceType } from "../instance-types/instance-types.js";
import { requireInstances } from "./find-instance.js";

/** How burstable instances pay for what they use beyond their share; T3 and T4g are unlimited by default. */
export function describeCreditSpecifications(environment: Ec2Environment, input: ec2.DescribeInstanceCreditSpecificationsRequest, context: RequestContext): ec2.DescribeInstanceCreditSpecificationsResult {
  acceptOnly(input, ["InstanceIds"]);
  const instances = requireInstances(environment, context, input.InstanceIds);
  for (const { instanceId, instanceType } of instances) {
    if (!requireInstanceType(instanceType).isBurstable) throw ec2Error("InvalidInstanceID.NotBurstable", `The instance '${instanceId}' is not burstable.`);
  }
  return { InstanceCreditSpecifications: instances.map(({ instanceId, choices }) => ({ InstanceId: instanceId, CpuCredits: choices?.cpuCredits ?? "unlimited" })) };
}
