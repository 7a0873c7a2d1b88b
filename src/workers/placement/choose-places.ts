import type { WorkerSubnet } from "../../ports/index.js";

/** One thing to try: a type in a subnet, on the spot market or on demand. */
export interface WorkerPlace {
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly instanceType: string;
  readonly isSpot: boolean;
}

export interface PlacementQuestion {
  readonly subnets: readonly WorkerSubnet[];
  /** In the order in which they are tried. */
  readonly instanceTypes: readonly string[];
  /** By availability zone. */
  readonly offered: ReadonlyMap<string, ReadonlySet<string>>;
  /** Addresses that launches under way will take, by subnet: EC2 does not count them yet. */
  readonly takenAddresses?: ReadonlyMap<string, number> | undefined;
  /** `prefer`: on demand where the spot market has no place. */
  readonly spot: "never" | "prefer" | "only";
}

/** Why a place is none. */
export interface LeftOutPlace {
  readonly subnetId: string;
  readonly reason: string;
}

/**
 * What is tried, in order: first what is cheapest (spot), then the types as they were named, and of the subnets the one with
 * the most free addresses first. Subnets without a free address, and types that a zone does not offer, are left out.
 */
export function choosePlaces(question: PlacementQuestion): { readonly places: readonly WorkerPlace[]; readonly leftOut: readonly LeftOutPlace[] } {
  const { subnets, instanceTypes, offered, takenAddresses, spot } = question;
  const leftOut: LeftOutPlace[] = [];
  const withRoom = subnets
    .map((subnet) => ({ ...subnet, freeAddresses: subnet.freeAddresses - (takenAddresses?.get(subnet.subnetId) ?? 0) }))
    .filter(({ subnetId, freeAddresses }) => {
      if (freeAddresses > 0) return true;
      leftOut.push({ subnetId, reason: "has no free address" });
      return false;
    })
    .sort((one, other) => other.freeAddresses - one.freeAddresses || (one.subnetId < other.subnetId ? -1 : 1));
  const places: WorkerPlace[] = [];
  for (const isSpot of spot === "never" ? [false] : spot === "only" ? [true] : [true, false]) {
    for (const instanceType of instanceTypes) {
      for (const { subnetId, availabilityZone } of withRoom) {
        if (offered.get(availabilityZone)?.has(instanceType) === true) places.push({ subnetId, availabilityZone, instanceType, isSpot });
        else leftOut.push({ subnetId, reason: `${availabilityZone} does not offer ${instanceType}` });
      }
    }
  }
  return { places, leftOut };
}
