import type { Ec2Environment } from "../ec2/ec2-environment.js";
import { instanceControl } from "../ec2/instances/end-instances.js";
import { originOf } from "../ec2/network/instance-origin.js";
import { groupNamesOf } from "../ec2/network/security-groups.js";
import { InstanceHost } from "./instance-host.js";
import type { InstanceHostOptions } from "./instance-host.js";
import { checkIsolation } from "./isolation.js";

/** Makes the instances of a cloud run on this machine. */
export async function runInstances(options: Omit<InstanceHostOptions, "control" | "originOf" | "groupNamesOf">, ec2: Ec2Environment): Promise<InstanceHost> {
  if (options.isIsolated) await checkIsolation();
  const host = new InstanceHost({
    ...options,
    control: instanceControl(ec2),
    originOf: (instance) => originOf(ec2, instance.instanceId),
    groupNamesOf: (instance) => groupNamesOf(ec2, instance),
  });
  await host.recover();
  ec2.runWith(host);
  return host;
}
