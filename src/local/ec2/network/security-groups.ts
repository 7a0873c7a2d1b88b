import type { Ec2Environment } from "../ec2-environment.js";
import type { InstanceRecord } from "../instances/instance-record.js";

/** The names of an instance's security groups. */
export function groupNamesOf(_environment: Ec2Environment, instance: InstanceRecord): string[] {
  return instance.securityGroupIds.map(() => "default");
}
