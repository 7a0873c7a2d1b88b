import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue } from "../ec2-error.js";
import { describeGroups, describeInstanceDevices } from "./describe-instance.js";
import { requireInstance } from "./find-instance.js";
import type { InstanceRecord } from "./instance-record.js";

type Reader = (instance: InstanceRecord, environment: Ec2Environment) => Partial<ec2.InstanceAttribute>;

const READERS: Readonly<Record<string, Reader>> = {
  blockDeviceMapping: (instance, environment) => ({ BlockDeviceMappings: describeInstanceDevices(environment, instance) }),
  disableApiStop: (instance) => ({ DisableApiStop: { Value: instance.isStopProtected } }),
  disableApiTermination: (instance) => ({ DisableApiTermination: { Value: instance.isTerminationProtected } }),
  ebsOptimized: (instance) => ({ EbsOptimized: { Value: instance.isEbsOptimized } }),
  enaSupport: () => ({ EnaSupport: { Value: true } }),
  groupSet: (instance, environment) => ({ Groups: describeGroups(environment, instance) }),
  instanceInitiatedShutdownBehavior: (instance) => ({ InstanceInitiatedShutdownBehavior: { Value: instance.shutdownBehavior } }),
  instanceType: (instance) => ({ InstanceType: { Value: instance.instanceType } }),
  kernel: () => ({ KernelId: {} }),
  productCodes: () => ({ ProductCodes: [] }),
  ramdisk: () => ({ RamdiskId: {} }),
  rootDeviceName: (instance) => ({ RootDeviceName: { Value: instance.rootDeviceName } }),
  sourceDestCheck: (instance) => ({ SourceDestCheck: { Value: instance.isSourceDestChecked } }),
  sriovNetSupport: () => ({ SriovNetSupport: {} }),
  userData: (instance) => ({ UserData: instance.userData === undefined ? {} : { Value: instance.userData } }),
};

export function describeInstanceAttribute(
  environment: Ec2Environment,
  input: ec2.DescribeInstanceAttributeRequest,
  context: RequestContext,
): ec2.InstanceAttribute {
  const instance = requireInstance(environment, context, input.InstanceId);
  const name = input.Attribute ?? "";
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (read === undefined) throw invalidValue(`Value (${name}) for parameter attribute is invalid. Unknown attribute.`);
  return { InstanceId: instance.instanceId, ...read(instance, environment) };
}
