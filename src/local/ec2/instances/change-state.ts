import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import type { InstanceRecord, InstanceTarget } from "./instance-record.js";
import { describeState, stateOf } from "./instance-state.js";

/** An instance on its way to another state. */
export function towards(environment: Ec2Environment, instance: InstanceRecord, target: InstanceTarget): InstanceRecord {
  const now = environment.clock.now();
  const when = now.toISOString().replace("T", " ").replace(/\.\d+Z$/, " GMT");
  return {
    ...instance,
    target,
    settlesAt: environment.settlesAt(),
    transitionReason: target === "running" ? "" : `User initiated (${when})`,
    // A start is a launch to the instance's clock.
    launchedAt: target === "running" ? now.toISOString() : instance.launchedAt,
  };
}

export function describeChange(environment: Ec2Environment, before: ec2.InstanceStateName, instance: InstanceRecord): ec2.InstanceStateChange {
  return {
    InstanceId: instance.instanceId,
    PreviousState: describeState(before),
    CurrentState: describeState(stateOf(environment, instance)),
  };
}
