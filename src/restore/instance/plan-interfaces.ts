import type { CallOptions, CapturedInterface, InstanceNow, LaunchInterface, WorkerSubnet } from "../../ports/index.js";
import type { NewInstanceOptions } from "./instance-options.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import type { PlannedInstance } from "./instance-plan.js";
import type { InstanceTarget } from "./instance-target.js";

/** The network of a new instance. */
export interface PlannedNetwork {
  readonly availabilityZone: string | undefined;
  readonly interfaces: readonly LaunchInterface[];
  readonly elasticIps: PlannedInstance["elasticIps"];
  readonly findings: readonly RestoreFinding[];
}

interface NetworkQuestion {
  readonly target: InstanceTarget;
  readonly wanted: NewInstanceOptions;
  /** Whether it takes the place of an original that is gone: with its addresses, where they are free. */
  readonly isOriginal: boolean;
  /** The instance that this restore launched before, if it did: what that has is in nobody else's use. */
  readonly made: InstanceNow | undefined;
}

/** Decides the network interfaces and addresses, and finds what is missing for them. */
export async function planNetwork(question: NetworkQuestion, call: CallOptions): Promise<PlannedNetwork> {
  const { target, wanted, isOriginal } = question;
  const { captured, instances, isHome } = target;
  const findings: RestoreFinding[] = [];
  const kept = isOriginal ? await instances.freeInterfaces(captured.interfaces.flatMap(({ interfaceId, deleteOnTermination }) => (interfaceId === undefined || deleteOnTermination ? [] : [interfaceId])), call) : new Set<string>();
  const subnetIds = wanted.subnetId === undefined ? (isHome ? [...new Set(captured.interfaces.map(({ subnetId }) => subnetId))] : []) : [wanted.subnetId];
  const subnets = await instances.subnets(subnetIds, call);
  findings.push(...subnetFindings(question, subnetIds, subnets));
  const groupIds = wanted.securityGroupIds ?? (isHome ? [...new Set(captured.interfaces.flatMap(({ securityGroupIds }) => securityGroupIds))] : []);
  const groups = await instances.securityGroups(groupIds, call);
  findings.push(...groupFindings(groupIds, groups, subnets, isHome || wanted.securityGroupIds !== undefined));
  const interfaces: LaunchInterface[] = [];
  for (const one of captured.interfaces) {
    const planned = await planInterface(question, one, kept, call);
    interfaces.push(planned.one);
    findings.push(...planned.findings);
  }
  for (const subnet of subnets) {
    const needed = interfaces.filter((one) => one.existingId === undefined && one.subnetId === subnet.subnetId).reduce((sum, one) => sum + 1 + countOf(one.secondaryIps), 0);
    if (subnet.freeAddresses < needed && question.made === undefined) findings.push({ severity: "error", code: "FewFreeAddresses", path: "to.subnetId", message: `${subnet.subnetId} has ${String(subnet.freeAddresses)} free addresses, and ${String(needed)} are needed.`, remedy: "Name another subnet." });
  }
  const elastic = await planElastic(question, call);
  findings.push(...elastic.findings);
  const primary = interfaces[0];
  const zone = subnets.find(({ subnetId }) => subnetId === primary?.subnetId)?.availabilityZone;
  const hasElastic = elastic.elasticIps.some(({ deviceIndex }) => deviceIndex === 0);
  const publicly = captured.interfaces[0]?.hasPublicAddress === true && !hasElastic;
  return { availabilityZone: zone, interfaces: withPublicAddress(interfaces, publicly), elasticIps: elastic.elasticIps, findings };
}

/** EC2 gives public addresses of its own only to instances with one interface, a new one. */
function withPublicAddress(interfaces: readonly LaunchInterface[], isPublic: boolean): LaunchInterface[] {
  const [first] = interfaces;
  if (interfaces.length !== 1 || first === undefined || first.existingId !== undefined) return [...interfaces];
  return [{ ...first, hasPublicAddress: isPublic }];
}

async function planInterface({ target, wanted, isOriginal, made }: NetworkQuestion, one: CapturedInterface, kept: ReadonlySet<string>, call: CallOptions): Promise<{ readonly one: LaunchInterface; readonly findings: readonly RestoreFinding[] }> {
  const { networkCardIndex, deviceIndex, interfaceType, description, deleteOnTermination } = one;
  const subnetId = wanted.subnetId ?? one.subnetId;
  const place = { deviceIndex, networkCardIndex, interfaceType, description, deleteOnTermination, subnetId, securityGroupIds: wanted.securityGroupIds ?? one.securityGroupIds };
  if (one.interfaceId !== undefined && kept.has(one.interfaceId)) {
    return { one: { ...place, existingId: one.interfaceId, secondaryIps: 0, ipv6Addresses: 0, ipv4Prefixes: 0, ipv6Prefixes: 0 }, findings: [] };
  }
  const counts = { secondaryIps: one.secondaryIps.length, ipv6Addresses: one.ipv6Addresses.length, ipv4Prefixes: one.ipv4Prefixes.length, ipv6Prefixes: one.ipv6Prefixes.length };
  const asked = deviceIndex === 0 ? wanted.privateIp : undefined;
  const addresses = isOriginal ? [...(one.privateIp === undefined ? [] : [one.privateIp]), ...one.secondaryIps] : asked === undefined ? [] : [asked];
  const used = made === undefined ? await target.instances.usedAddresses(subnetId, addresses, call) : new Set<string>();
  if (!isOriginal) {
    const isTaken = asked !== undefined && used.has(asked);
    const findings: RestoreFinding[] = isTaken ? [{ severity: "error", code: "AddressInUse", path: "to.privateIp", message: `${asked} is in use in ${subnetId}.`, remedy: "Name another address, or none to get one that is free." }] : [];
    return { one: { ...place, ...counts, ...(asked !== undefined && { privateIp: asked }) }, findings };
  }
  const findings = [...used].map((address): RestoreFinding => ({ severity: "warning", code: "AddressInUse", path: "to", message: `Somebody else has ${address} by now: the instance gets another address in ${subnetId}.`, remedy: "Free the address before the restore, if it must be the same." }));
  const secondary = one.secondaryIps.filter((address) => !used.has(address));
  // EC2 takes addresses or their number: where one of them is gone, the number is what counts
  const isWhole = secondary.length === one.secondaryIps.length && one.privateIp !== undefined && !used.has(one.privateIp);
  const { ipv6Addresses, ipv4Prefixes, ipv6Prefixes } = one;
  return {
    one: { ...place, ...counts, ipv6Addresses, ipv4Prefixes, ipv6Prefixes, ...(one.privateIp !== undefined && !used.has(one.privateIp) && { privateIp: one.privateIp }), secondaryIps: isWhole ? secondary : one.secondaryIps.length },
    findings,
  };
}

async function planElastic({ target, wanted, isOriginal, made }: NetworkQuestion, call: CallOptions): Promise<Pick<PlannedNetwork, "elasticIps" | "findings">> {
  const asked = wanted.elasticIp === undefined ? [] : [{ allocationId: wanted.elasticIp, deviceIndex: 0, privateIp: undefined }];
  const before = target.captured.interfaces.flatMap(({ deviceIndex, elasticIps }) => elasticIps.map(({ allocationId, privateIp }) => ({ allocationId, deviceIndex, privateIp })));
  const meant = isOriginal ? before : asked;
  const found = await target.instances.elasticAddresses(meant.map(({ allocationId }) => allocationId), call);
  const own = new Set((made?.interfaces ?? []).map(({ interfaceId }) => interfaceId));
  const elasticIps: PlannedInstance["elasticIps"][number][] = [];
  const findings: RestoreFinding[] = [];
  for (const { allocationId, deviceIndex, privateIp } of meant) {
    const address = found.find((candidate) => candidate.allocationId === allocationId);
    const isFree = address !== undefined && (address.interfaceId === undefined || own.has(address.interfaceId));
    if (isFree) elasticIps.push({ allocationId, deviceIndex, ...(privateIp !== undefined && { privateIp }) });
    else {
      const state = address === undefined ? "is not there (any more)" : `is given to ${address.interfaceId ?? "something else"}`;
      findings.push({ severity: isOriginal ? "warning" : "error", code: address === undefined ? "ElasticIpMissing" : "ElasticIpInUse", path: isOriginal ? "to" : "to.elasticIp", message: `The elastic address ${allocationId} ${state}.`, remedy: "Free it, or allocate and name another (elasticIp)." });
    }
  }
  return { elasticIps, findings };
}

function subnetFindings({ target, wanted }: NetworkQuestion, subnetIds: readonly string[], subnets: readonly WorkerSubnet[]): RestoreFinding[] {
  const { region, isHome } = target;
  if (wanted.subnetId === undefined && !isHome) return [{ severity: "error", code: "SubnetMissing", path: "to.subnetId", message: "The original's subnet is in another region or account.", remedy: `Name a subnet in ${region}.` }];
  const missing = subnetIds.filter((id) => !subnets.some(({ subnetId }) => subnetId === id));
  return missing.map((id) => ({ severity: "error", code: "SubnetMissing", path: "to.subnetId", message: `There is no subnet ${id} in ${region}.`, remedy: "Name a subnet that is there." }));
}

function groupFindings(groupIds: readonly string[], groups: readonly { readonly groupId: string; readonly vpcId: string }[], subnets: readonly WorkerSubnet[], isKnown: boolean): RestoreFinding[] {
  const path = "to.securityGroupIds";
  if (!isKnown) return [{ severity: "error", code: "SecurityGroupMissing", path, message: "The original's security groups are in another region or account.", remedy: "Name security groups of the subnet's network." }];
  const remedy = "Name security groups of the subnet's network.";
  return groupIds.flatMap((id): RestoreFinding[] => {
    const group = groups.find(({ groupId }) => groupId === id);
    if (group === undefined) return [{ severity: "error", code: "SecurityGroupMissing", path, message: `There is no security group ${id}.`, remedy }];
    const isElsewhere = subnets.length > 0 && !subnets.some(({ vpcId }) => vpcId === group.vpcId);
    return isElsewhere ? [{ severity: "error", code: "SecurityGroupElsewhere", path, message: `The security group ${id} is in another network than the subnet.`, remedy }] : [];
  });
}

function countOf(addresses: readonly string[] | number): number {
  return typeof addresses === "number" ? addresses : addresses.length;
}
