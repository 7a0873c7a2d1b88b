import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import type { InstanceRecord, InstanceTarget, StateReason } from "./instance-record.js";
import { describeState, stateOf } from "./instance-state.js";

/** An instance on its way to another state: because its owner wants it, or for a reason of its own. */
export function towards(environment: Ec2Environment, instance: InstanceRecord, target: InstanceTarget, reason?: StateReason): InstanceRecord {
  const now = environment.clock.now();
  const when = now.toISOString().replace("T", " ").replace(/\.\d+Z$/, " GMT");
  const { stateReason: _earlier, ...kept } = instance;
  return {
    ...kept,
    target,
    settlesAt: environment.settlesAt(),
    transitionReason: target === "running" ? "" : reason === undefined ? `User initiated (${when})` : `${reason.message} (${when})`,
    ...(target === "running" ? {} : { stateReason: reason ?? userInitiated(target) }),
    // A start is a launch to the instance's clock.
    launchedAt: target === "running" ? now.toISOString() : instance.launchedAt,
  };
}

function userInitiated(target: "stopped" | "terminated"): StateReason {
  const verb = target === "stopped" ? "shutdown" : "terminate";
  return { code: "Client.UserInitiatedShutdown", message: `Client.UserInitiatedShutdown: User initiated ${verb}` };
}

export function describeChange(environment: Ec2Environment, before: ec2.InstanceStateName, instance: InstanceRecord): ec2.InstanceStateChange {
  return {
    InstanceId: instance.instanceId,
    PreviousState: describeState(before),
    CurrentState: describeState(stateOf(environment, instance)),
  };
}
