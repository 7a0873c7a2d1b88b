import type { NetworkEndpoint, NetworkRoute, WorkerNetworkFacts, WorkerSubnet } from "../../ports/index.js";
import type { PreflightFinding } from "./finding.js";

export interface NetworkNeeds {
  /** The services that workers call: `s3`, `ebs`, and `sts`, `kms` where they are used. */
  readonly services: readonly string[];
  /** Whether workers have no public addresses. */
  readonly isPrivate: boolean;
  /** Workers at the same time. */
  readonly workers: number;
  /** Of buckets that workers need, regions other than their own: endpoints lead to the services of their own region alone. */
  readonly otherRegions?: readonly string[] | undefined;
}

const anywhere = "0.0.0.0/0";

/** Looks, subnet by subnet and service by service, for what would keep a worker from reaching what it needs. Decides from the facts alone. */
export function checkNetwork(facts: WorkerNetworkFacts, needs: NetworkNeeds): PreflightFinding[] {
  return [...checkWorkerGroups(facts), ...facts.subnets.flatMap((subnet) => [...checkAddresses(facts, subnet, needs), ...needs.services.flatMap((service) => checkService(facts, subnet, service, needs)), ...checkOtherRegions(facts, subnet, needs)])];
}

function checkAddresses({ region }: WorkerNetworkFacts, { subnetId, freeAddresses }: WorkerSubnet, { workers }: NetworkNeeds): PreflightFinding[] {
  if (freeAddresses >= workers) return [];
  const isNone = freeAddresses <= 0;
  return [
    {
      severity: isNone ? "error" : "warning",
      code: isNone ? "NoFreeAddress" : "FewFreeAddresses",
      region,
      subnetId,
      message: isNone ? `${subnetId} has no free address.` : `${subnetId} has ${String(freeAddresses)} free addresses for up to ${String(workers)} workers.`,
      remedy: "Name a larger subnet, or several, in networks; remove interfaces that nobody uses.",
    },
  ];
}

function checkWorkerGroups({ region, securityGroups, workerGroupIds }: WorkerNetworkFacts): PreflightFinding[] {
  const groups = securityGroups.filter(({ groupId }) => workerGroupIds.includes(groupId));
  if (groups.length === 0 || groups.some(({ httpsOut }) => httpsOut.length > 0)) return [];
  return [{ severity: "error", code: "HttpsOutClosed", region, message: `No security group of the workers (${workerGroupIds.join(", ")}) lets TCP 443 out.`, remedy: `Allow outbound TCP 443 to ${anywhere}, or to the endpoints' groups and S3's prefix list.` }];
}

function checkService(facts: WorkerNetworkFacts, subnet: WorkerSubnet, service: string, needs: NetworkNeeds): PreflightFinding[] {
  const { region } = facts;
  const { subnetId } = subnet;
  const finding = (severity: PreflightFinding["severity"], code: PreflightFinding["code"], message: string, remedy: string): PreflightFinding => ({ severity, code, region, subnetId, service, message, remedy });
  const { routes = [], routeTableId = "its route table" } = facts.routes[subnetId] ?? {};
  const ofService = facts.endpoints.filter((endpoint) => endpoint.service === service);
  const gateway = ofService.find(({ kind, routeTableIds }) => kind === "gateway" && routeTableIds.includes(routeTableId));
  if (gateway !== undefined) {
    if (routes.some(({ target, targetId, isBlackhole }) => target === "endpoint" && targetId === gateway.endpointId && !isBlackhole) && gateway.isAvailable) return [];
    return [finding("error", "EndpointNotAvailable", `The gateway endpoint ${gateway.endpointId} for ${service} is not available in ${routeTableId}.`, `Wait for it, or associate it with ${routeTableId} again.`)];
  }
  const interfaces = ofService.filter(({ kind }) => kind === "interface");
  const [endpoint] = [...interfaces].sort((one, other) => Number(isGood(other)) - Number(isGood(one)));
  if (endpoint !== undefined && isGood(endpoint)) return checkInterface(facts, subnet, endpoint, finding);
  const way = internetRoute(routes, needs.isPrivate);
  if (way === "open") return [];
  if (way === "gone") return [finding("error", "RouteGone", `${routeTableId} leads to something that is not there any more, and there is no endpoint for ${service}.`, `Repair the route to ${anywhere}, or make an endpoint for com.amazonaws.${region}.${service}.`)];
  if (endpoint !== undefined && !endpoint.isAvailable) return [finding("error", "EndpointNotAvailable", `The endpoint ${endpoint.endpointId} for ${service} is not available.`, "Wait until it is, accept it, or make it anew.")];
  if (endpoint !== undefined) return [finding("error", "NoPrivateDns", `The endpoint ${endpoint.endpointId} for ${service} has no private DNS, so that the service's name leads past it.`, `Enable private DNS names for ${endpoint.endpointId}.`)];
  if (way === "public-only") {
    return [finding("error", "PublicRoute", `${subnetId} reaches ${service} by an internet gateway alone, which workers without public addresses cannot use.`, `Make an endpoint for com.amazonaws.${region}.${service}, or a route to a NAT gateway; or set privateNetworking to false.`)];
  }
  return [finding("error", "NoEndpoint", `${subnetId} has no way to ${service}: no endpoint, and no route to ${anywhere}.`, remedyFor(service, region, routeTableId, subnetId))];
}

/** S3's gateway and interface endpoints are of one region (VPC user guide, "Gateway endpoints for Amazon S3"); so is a worker's way to STS, which it asks where the configuration bucket is. */
function checkOtherRegions({ region, routes }: WorkerNetworkFacts, { subnetId }: WorkerSubnet, { otherRegions = [], isPrivate }: NetworkNeeds): PreflightFinding[] {
  if (internetRoute(routes[subnetId]?.routes ?? [], isPrivate) === "open") return [];
  return otherRegions.map((other) => ({
    severity: "error",
    code: "OtherRegion",
    region,
    subnetId,
    service: "s3",
    message: `${subnetId} has no way to a bucket in ${other}: endpoints lead to ${region} alone.`,
    remedy: `Take a pool with a configuration bucket, and a repository, in ${region}; or make a route to a NAT gateway.`,
  }));
}

function checkInterface(facts: WorkerNetworkFacts, { subnetId }: WorkerSubnet, endpoint: NetworkEndpoint, finding: (severity: PreflightFinding["severity"], code: PreflightFinding["code"], message: string, remedy: string) => PreflightFinding): PreflightFinding[] {
  const found: PreflightFinding[] = [];
  if (!facts.hasDnsSupport || !facts.hasDnsHostnames) {
    found.push(finding("error", "DnsDisabled", `${facts.vpcId} has DNS ${facts.hasDnsSupport ? "host names" : "support"} disabled, so that the endpoint's private names lead nowhere.`, `Enable enableDnsSupport and enableDnsHostnames of ${facts.vpcId}.`));
  }
  const groups = facts.securityGroups.filter(({ groupId }) => endpoint.securityGroupIds.includes(groupId));
  const letsIn = groups.some(({ httpsIn }) => httpsIn.some(({ peer }) => facts.workerGroupIds.includes(peer) || peer === anywhere || facts.ranges.some((range) => contains(peer, range) || contains(range, peer))));
  if (groups.length > 0 && !letsIn) {
    found.push(finding("error", "HttpsInClosed", `The security groups of ${endpoint.endpointId} (${endpoint.securityGroupIds.join(", ")}) do not let workers in on TCP 443.`, `Allow inbound TCP 443 from ${facts.workerGroupIds.join(", ")} or ${facts.ranges.join(", ")}.`));
  }
  const zoneOf = new Map(facts.subnets.map((subnet) => [subnet.subnetId, subnet.availabilityZone]));
  const own = zoneOf.get(subnetId);
  if (!endpoint.subnetIds.includes(subnetId) && !endpoint.subnetIds.some((id) => zoneOf.get(id) === own)) {
    found.push(finding("warning", "EndpointNotInZone", `${endpoint.endpointId} has no interface in ${own ?? "the subnet's zone"}: all data crosses zones, which costs, and a failure of the other zone is one here.`, `Add a subnet of ${own ?? "that zone"} to ${endpoint.endpointId}.`));
  }
  return found;
}

function isGood({ isAvailable, hasPrivateDns }: NetworkEndpoint): boolean {
  return isAvailable && hasPrivateDns;
}

function internetRoute(routes: readonly NetworkRoute[], isPrivate: boolean): "open" | "gone" | "public-only" | "none" {
  const outward = routes.filter(({ destination }) => destination === anywhere);
  if (outward.length === 0) return "none";
  if (outward.every(({ isBlackhole }) => isBlackhole)) return "gone";
  const isPublicOnly = outward.every(({ target }) => target === "internet-gateway");
  return isPublicOnly && isPrivate ? "public-only" : "open";
}

function remedyFor(service: string, region: string, routeTableId: string, subnetId: string): string {
  if (service === "s3") return `Make a gateway endpoint for com.amazonaws.${region}.s3 in ${routeTableId}: it costs nothing.`;
  return `Make an interface endpoint for com.amazonaws.${region}.${service} with private DNS, in ${subnetId}, or a route to a NAT gateway.`;
}

/** Whether a range of addresses has all of another: IPv4, in CIDR notation. */
function contains(outer: string, inner: string): boolean {
  const [one, other] = [parse(outer), parse(inner)];
  if (one === undefined || other === undefined || one.bits > other.bits) return false;
  const shift = 32 - one.bits;
  return one.bits === 0 || Math.floor(one.address / 2 ** shift) === Math.floor(other.address / 2 ** shift);
}

function parse(range: string): { readonly address: number; readonly bits: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(range);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  return { address: ((a * 256 + b) * 256 + c) * 256 + d, bits };
}
