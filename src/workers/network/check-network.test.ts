import { describe, expect, it } from "vitest";
import type { NetworkEndpoint, NetworkRoute, WorkerNetworkFacts } from "../../ports/index.js";
import { checkNetwork, type NetworkNeeds } from "./check-network.js";

const endpoint = (service: string, change: Partial<NetworkEndpoint> = {}): NetworkEndpoint => ({
  endpointId: `vpce-${service}`, service, kind: "interface", isAvailable: true, hasPrivateDns: true, subnetIds: ["subnet-1"], routeTableIds: [], securityGroupIds: ["sg-endpoints"], ...change,
});
const s3: NetworkEndpoint = endpoint("s3", { kind: "gateway", hasPrivateDns: false, subnetIds: [], routeTableIds: ["rtb-1"], securityGroupIds: [] });
const local: NetworkRoute = { destination: "10.0.0.0/16", target: "local", isBlackhole: false };
const toS3: NetworkRoute = { destination: "pl-s3", target: "endpoint", targetId: "vpce-s3", isBlackhole: false };
const outward = (target: NetworkRoute["target"], isBlackhole = false): NetworkRoute => ({ destination: "0.0.0.0/0", target, isBlackhole });

/** A private network that has all that it needs. */
const good: WorkerNetworkFacts = {
  region: "eu-west-1",
  vpcId: "vpc-1",
  ranges: ["10.0.0.0/16"],
  hasDnsSupport: true,
  hasDnsHostnames: true,
  subnets: [{ subnetId: "subnet-1", vpcId: "vpc-1", availabilityZone: "eu-west-1a", freeAddresses: 20 }],
  routes: { "subnet-1": { routeTableId: "rtb-1", routes: [local, toS3] } },
  endpoints: [s3, endpoint("ebs"), endpoint("sts")],
  securityGroups: [
    { groupId: "sg-workers", httpsIn: [], httpsOut: [{ peer: "0.0.0.0/0" }] },
    { groupId: "sg-endpoints", httpsIn: [{ peer: "sg-workers" }], httpsOut: [] },
  ],
  workerGroupIds: ["sg-workers"],
};
const needs: NetworkNeeds = { services: ["s3", "ebs", "sts"], isPrivate: true, workers: 8 };
const routes = (...all: readonly NetworkRoute[]): Partial<WorkerNetworkFacts> => ({ routes: { "subnet-1": { routeTableId: "rtb-1", routes: all } } });
const endpoints = (...all: readonly NetworkEndpoint[]): Partial<WorkerNetworkFacts> => ({ endpoints: all });
const endpointGroup = (peer: string): Partial<WorkerNetworkFacts> => ({ securityGroups: [good.securityGroups[0]!, { groupId: "sg-endpoints", httpsIn: [{ peer }], httpsOut: [] }] });

const cases: readonly [what: string, change: Partial<WorkerNetworkFacts>, found: readonly string[], needs?: Partial<NetworkNeeds>][] = [
  ["a private network with its endpoints", {}, []],
  ["no S3 endpoint", { ...endpoints(endpoint("ebs"), endpoint("sts")), ...routes(local) }, ["NoEndpoint s3"]],
  ["no ebs endpoint", endpoints(s3, endpoint("sts")), ["NoEndpoint ebs"]],
  ["no sts endpoint", endpoints(s3, endpoint("ebs")), ["NoEndpoint sts"]],
  ["no sts endpoint where none is needed", endpoints(s3, endpoint("ebs")), [], { services: ["s3", "ebs"] }],
  ["no endpoints, but a NAT gateway", { ...endpoints(), ...routes(local, outward("nat")) }, []],
  ["no endpoints, and an internet gateway that a private worker cannot use", { ...endpoints(), ...routes(local, outward("internet-gateway")) }, ["PublicRoute s3", "PublicRoute ebs", "PublicRoute sts"]],
  ["an internet gateway for workers with public addresses", { ...endpoints(), ...routes(local, outward("internet-gateway")) }, [], { isPrivate: false }],
  ["a NAT gateway that is gone", { ...endpoints(s3, endpoint("ebs")), ...routes(local, toS3, outward("nat", true)) }, ["RouteGone sts"]],
  ["an S3 endpoint of another route table", endpoints({ ...s3, routeTableIds: ["rtb-2"] }, endpoint("ebs"), endpoint("sts")), ["NoEndpoint s3"]],
  ["an S3 endpoint whose route is missing", routes(local), ["EndpointNotAvailable s3"]],
  ["S3 by an interface endpoint", { ...endpoints(endpoint("s3"), endpoint("ebs"), endpoint("sts")), ...routes(local) }, []],
  ["an endpoint that is pending", endpoints(s3, endpoint("ebs", { isAvailable: false }), endpoint("sts")), ["EndpointNotAvailable ebs"]],
  ["an endpoint without private DNS", endpoints(s3, endpoint("ebs", { hasPrivateDns: false }), endpoint("sts")), ["NoPrivateDns ebs"]],
  ["one endpoint with private DNS beside one without", endpoints(s3, endpoint("ebs", { hasPrivateDns: false }), endpoint("ebs"), endpoint("sts")), []],
  ["a VPC without DNS host names", { hasDnsHostnames: false }, ["DnsDisabled ebs", "DnsDisabled sts"]],
  ["an endpoint's group that lets nobody in", endpointGroup("sg-others"), ["HttpsInClosed ebs", "HttpsInClosed sts"]],
  ["an endpoint's group that lets the VPC in", endpointGroup("10.0.0.0/8"), []],
  ["an endpoint's group that lets another network in", endpointGroup("192.168.0.0/16"), ["HttpsInClosed ebs", "HttpsInClosed sts"]],
  ["an endpoint in another zone", endpoints(s3, endpoint("ebs", { subnetIds: ["subnet-9"] }), endpoint("sts")), ["EndpointNotInZone ebs"]],
  ["workers' groups that let nothing out", { securityGroups: [{ ...good.securityGroups[0]!, httpsOut: [] }, good.securityGroups[1]!] }, ["HttpsOutClosed"]],
  ["a bucket in another region, and nothing but endpoints", {}, ["OtherRegion s3"], { otherRegions: ["eu-north-1"] }],
  ["a bucket in another region, and a NAT gateway", routes(local, toS3, outward("nat")), [], { otherRegions: ["eu-north-1"] }],
  ["a bucket in another region, and an internet gateway that a private worker cannot use", routes(local, toS3, outward("internet-gateway")), ["OtherRegion s3"], { otherRegions: ["eu-north-1"] }],
  ["a full subnet", { subnets: [{ ...good.subnets[0]!, freeAddresses: 0 }] }, ["NoFreeAddress"]],
  ["a subnet too small for all workers", { subnets: [{ ...good.subnets[0]!, freeAddresses: 7 }] }, ["FewFreeAddresses"]],
];

describe("the preflight of a network", () => {
  it.each(cases)("finds what is wrong with %s", (_what, change, found, changedNeeds = {}) => {
    const findings = checkNetwork({ ...good, ...change }, { ...needs, ...changedNeeds });
    expect(findings.map(({ code, service }) => (service === undefined ? code : `${code} ${service}`))).toEqual(found);
    for (const { message, remedy } of findings) for (const text of [message, remedy]) expect(text.length).toBeGreaterThan(20);
  });
});
