import { describe, expect, it } from "vitest";
import type { WorkerSubnet } from "../../ports/index.js";
import { choosePlaces, type PlacementQuestion } from "./choose-places.js";

const subnet = (name: string, freeAddresses: number, zone = "a"): WorkerSubnet => ({ subnetId: `subnet-${name}`, vpcId: "vpc-1", availabilityZone: `eu-west-1${zone}`, freeAddresses });
const everywhere = new Map(["a", "b", "c"].map((zone) => [`eu-west-1${zone}`, new Set(["c5.large", "c6i.large"])]));

const cases: readonly [what: string, question: Partial<PlacementQuestion>, order: readonly string[]][] = [
  ["the subnet with the most free addresses first", { subnets: [subnet("1", 5), subnet("2", 9, "b"), subnet("3", 7, "c")] }, ["2 c5.large", "3 c5.large", "1 c5.large"]],
  ["subnets alike in the order of their ids", { subnets: [subnet("2", 5), subnet("1", 5, "b")] }, ["1 c5.large", "2 c5.large"]],
  ["no subnet that is full", { subnets: [subnet("1", 0), subnet("2", 1)] }, ["2 c5.large"]],
  ["no subnet that launches under way will fill", { subnets: [subnet("1", 2), subnet("2", 1)], takenAddresses: new Map([["subnet-1", 2]]) }, ["2 c5.large"]],
  ["each type in every subnet, before the next type", { subnets: [subnet("1", 5), subnet("2", 9)], instanceTypes: ["c6i.large", "c5.large"] }, ["2 c6i.large", "1 c6i.large", "2 c5.large", "1 c5.large"]],
  ["no type that the zone does not offer", { subnets: [subnet("1", 5), subnet("2", 9, "b")], offered: new Map([["eu-west-1a", new Set(["c5.large"])]]) }, ["1 c5.large"]],
  ["spot before on demand", { subnets: [subnet("1", 5)], spot: "prefer" }, ["1 c5.large spot", "1 c5.large"]],
  ["spot alone", { subnets: [subnet("1", 5)], spot: "only" }, ["1 c5.large spot"]],
  ["nothing where there is no subnet", { subnets: [] }, []],
];

describe("places for a worker", () => {
  it.each(cases)("are tried in this order: %s", (_what, question, order) => {
    const { places } = choosePlaces({ subnets: [], instanceTypes: ["c5.large"], offered: everywhere, spot: "never", ...question });
    expect(places.map(({ subnetId, instanceType, isSpot }) => `${subnetId.slice("subnet-".length)} ${instanceType}${isSpot ? " spot" : ""}`)).toEqual(order);
  });

  it("say why one is none", () => {
    const { leftOut } = choosePlaces({ subnets: [subnet("1", 0), subnet("2", 3, "d")], instanceTypes: ["c5.large"], offered: everywhere, spot: "never" });
    expect(leftOut).toEqual([
      { subnetId: "subnet-1", reason: "has no free address" },
      { subnetId: "subnet-2", reason: "eu-west-1d does not offer c5.large" },
    ]);
  });
});
