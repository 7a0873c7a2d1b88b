import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import type { InstanceRecord, InstanceTarget } from "./instance-record.js";

const WAYS: Readonly<Record<InstanceTarget, ec2.InstanceStateName>> = { running: "pending", stopped: "stopping", terminated: "shutting-down" };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
const CODES: Readonly<Record<ec2.InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** A terminated instance "remains visible for a short while (usually less than one hour)". */
const VISIBLE_AFTER_TERMINATION_MS = 3_600_000;

export function stateOf(environment: Ec2Environment, instance: InstanceRecord): ec2.InstanceStateName {
  const isEnding = instance.target !== "running" && environment.runner?.isAlive(instance.instanceId) === true;
  return environment.hasPassed(instance.settlesAt) && !isEnding ? instance.target : WAYS[instance.target];
}

export function describeState(name: ec2.InstanceStateName): ec2.InstanceState {
  return { Code: CODES[name], Name: name };
}

/** Whether an instance has been terminated for so long that nothing speaks of it any more. */
export function isForgotten(environment: Ec2Environment, instance: InstanceRecord): boolean {
  if (instance.target !== "terminated") return false;
  return environment.clock.now().getTime() - new Date(instance.settlesAt).getTime() > VISIBLE_AFTER_TERMINATION_MS;
}

export function requireNotTerminated(environment: Ec2Environment, instance: InstanceRecord): void {
  const state = stateOf(environment, instance);
  if (state === "terminated" || state === "shutting-down") {
    throw ec2Error("IncorrectInstanceState", `The instance '${instance.instanceId}' is in the '${state}' state.`);
  }
}
