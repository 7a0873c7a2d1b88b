import type { LaunchFaultKind } from "../../wire/faults/launch-fault.js";
import { ec2Error } from "../ec2-error.js";
import { notEnoughAddresses } from "../network/addresses.js";
import { unknownProfile } from "./launch-settings.js";
import type { InstanceRecord } from "./instance-record.js";

type Launched = Pick<InstanceRecord, "instanceType" | "availabilityZone" | "subnetId" | "profile">;

/** Raises what a launch is refused with, if a fault wants that. */
export function refuseLaunch(faults: readonly LaunchFaultKind[], launched: Launched): void {
  for (const fault of faults) {
    const refusal = refusalOf(fault, launched);
    if (refusal !== undefined) throw refusal;
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
function refusalOf(fault: LaunchFaultKind, { instanceType, availabilityZone, subnetId, profile }: Launched): Error | undefined {
  switch (fault.kind) {
    case "no-capacity":
      return ec2Error(
        "InsufficientInstanceCapacity",
        `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${availabilityZone}). Our system will be working on provisioning additional capacity.`,
        500,
      );
    case "no-addresses":
      return notEnoughAddresses({ subnetId });
    case "profile-unknown":
      return profile === undefined ? undefined : unknownProfile("iamInstanceProfile.name", profile.arn.split("/").at(-1) ?? "");
    case "launch-limit":
      if (fault.limit === "spot-instances") return ec2Error("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded");
      if (fault.limit === "instances") return ec2Error("InstanceLimitExceeded", "You have requested more instances than your current instance limit allows for the specified instance type.");
      return ec2Error("VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that the specified instance type belongs to.");
    case "spot-interruption":
    case "instance-death":
      return undefined;
  }
}
