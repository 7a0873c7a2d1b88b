import type { Ec2Environment } from "../ec2-environment.js";
import { missingParameter } from "../ec2-error.js";
import { requireResource } from "../resource-id.js";
import { isIn } from "../scope.js";
import type { Scope } from "../scope.js";
import type { InstanceRecord } from "./instance-record.js";
import { isForgotten } from "./instance-state.js";

export function instancesOf(environment: Ec2Environment, scope: Scope): InstanceRecord[] {
  return [...environment.tables.instances.values()].filter((instance) => isIn(scope, instance) && !isForgotten(environment, instance));
}

export function findInstance(environment: Ec2Environment, scope: Scope, instanceId: string): InstanceRecord | undefined {
  const instance = environment.tables.instances.get(instanceId);
  return instance !== undefined && isIn(scope, instance) && !isForgotten(environment, instance) ? instance : undefined;
}

/** The caller's instance of an id. */
export function requireInstance(environment: Ec2Environment, scope: Scope, instanceId: string | undefined): InstanceRecord {
  return requireResource("instance", instanceId, (id) => findInstance(environment, scope, id));
}

/** The caller's instances of a request that names them, each once. */
export function requireInstances(environment: Ec2Environment, scope: Scope, instanceIds: readonly string[] | undefined): InstanceRecord[] {
  if (instanceIds === undefined || instanceIds.length === 0) throw missingParameter("InstanceId");
  return [...new Set(instanceIds)].map((id) => requireInstance(environment, scope, id));
}
