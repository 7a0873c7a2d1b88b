import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { requireInstances } from "./find-instance.js";
import type { InstanceRecord } from "./instance-record.js";
import { describeState, stateOf } from "./instance-state.js";

/** The checks of running instances: they take as long again as the launch did, and then all is well. */
export function describeInstanceStatus(environment: Ec2Environment, input: ec2.DescribeInstanceStatusRequest, context: RequestContext): ec2.DescribeInstanceStatusResult {
  acceptOnly(input, ["InstanceIds"]);
  const running = requireInstances(environment, context, input.InstanceIds).filter((instance) => stateOf(environment, instance) === "running");
  return { InstanceStatuses: running.map((instance) => describe(environment, instance)) };
}

function describe(environment: Ec2Environment, instance: InstanceRecord): ec2.InstanceStatus {
  const checkedAt = new Date(new Date(instance.settlesAt).getTime() + environment.transitionMs).toISOString();
  const isChecked = environment.hasPassed(checkedAt);
  const summary: ec2.InstanceStatusSummary = { Status: isChecked ? "ok" : "initializing", Details: [{ Name: "reachability", Status: isChecked ? "passed" : "initializing" }] };
  return { InstanceId: instance.instanceId, AvailabilityZone: instance.availabilityZone, InstanceState: describeState("running"), InstanceStatus: summary, SystemStatus: summary };
}
