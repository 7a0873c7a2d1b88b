/** What happens to a launch of instances, or to what it launched. Only RunInstances meets these. */
export type LaunchFaultKind =
  /** There is no capacity: for a type, in a zone, or at all. */
  | { readonly kind: "no-capacity"; readonly instanceType?: string; readonly availabilityZone?: string }
  /** A subnet has no free address. */
  | { readonly kind: "no-addresses"; readonly subnetId?: string }
  /** EC2 has not yet learned of the instance profile that the launch names: IAM is eventually consistent. */
  | { readonly kind: "profile-unknown" }
  /** The account has reached a limit: of vCPUs, of instances, or of Spot Instances. */
  | { readonly kind: "launch-limit"; readonly limit: "vcpus" | "instances" | "spot-instances" }
  /** A Spot Instance that runs is told of its interruption some time after its launch (default at once; the notice is of two minutes by default). */
  | { readonly kind: "spot-interruption"; readonly afterMs?: number; readonly noticeMs?: number }
  /** An instance that runs dies some time after its launch (default at once): nothing of it has a moment left. */
  | { readonly kind: "instance-death"; readonly afterMs?: number };

/** What a fault of a launch may ask for. */
export interface LaunchFacts {
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly subnetId: string;
  readonly isSpot: boolean;
}

export const LAUNCH_KINDS: readonly string[] = ["profile-unknown", "no-capacity", "no-addresses", "launch-limit", "spot-interruption", "instance-death"];
const LIMITS: readonly string[] = ["vcpus", "instances", "spot-instances"];

export function isLaunchKind(options: { readonly kind: string }): options is LaunchFaultKind {
  return LAUNCH_KINDS.includes(options.kind);
}

/** Whether a fault is about such a launch. */
export function isAboutLaunch(fault: LaunchFaultKind, facts: LaunchFacts): boolean {
  switch (fault.kind) {
    case "no-capacity":
      return (fault.instanceType ?? facts.instanceType) === facts.instanceType && (fault.availabilityZone ?? facts.availabilityZone) === facts.availabilityZone;
    case "no-addresses":
      return (fault.subnetId ?? facts.subnetId) === facts.subnetId;
    case "launch-limit":
      return facts.isSpot === (fault.limit === "spot-instances");
    case "spot-interruption":
      return facts.isSpot;
    case "profile-unknown":
    case "instance-death":
      return true;
  }
}

export function checkLaunchFault(fault: LaunchFaultKind): void {
  if (fault.kind === "launch-limit" && !LIMITS.includes(fault.limit)) throw wrong("limit", fault.limit, `one of ${LIMITS.join(", ")}`);
  if (fault.kind !== "spot-interruption" && fault.kind !== "instance-death") return;
  if (fault.afterMs !== undefined && !(fault.afterMs >= 0)) throw wrong("afterMs", fault.afterMs, "milliseconds, 0 or more");
  if (fault.kind === "spot-interruption" && fault.noticeMs !== undefined && !(fault.noticeMs >= 0)) throw wrong("noticeMs", fault.noticeMs, "milliseconds, 0 or more");
}

function wrong(name: string, value: unknown, remedy: string): TypeError {
  return new TypeError(`The fault's option ${name} is ${JSON.stringify(value)}: it must be ${remedy}.`);
}
