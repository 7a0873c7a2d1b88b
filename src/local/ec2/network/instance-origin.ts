import type { CallOrigin } from "../../wire/call-origin.js";
import type { Ec2Environment } from "../ec2-environment.js";

/** What an instance reaches: in a default subnet, every service over the internet. */
export function originOf(environment: Ec2Environment, instanceId: string): CallOrigin {
  return {
    instanceId,
    wayTo: () => {
      const instance = environment.tables.instances.get(instanceId);
      return instance === undefined ? undefined : { sourceIp: instance.privateIpAddress, vpcId: instance.vpcId, vpcEndpointId: undefined };
    },
  };
}
