import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { instancesOf } from "../instances/find-instance.js";
import { interfacesOf as interfacesOfInstance } from "../instances/instance-interfaces.js";
import { stateOf } from "../instances/instance-state.js";
import type { Scope } from "../scope.js";
import { addressAt, indexOf, parseBlock } from "./cidr-block.js";
import type { CidrBlock } from "./cidr-block.js";
import { endpointsOf, leftInterfacesOf } from "./network.js";
import type { SubnetRecord } from "./network-records.js";

/** https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html: the first four addresses and the last one of a subnet are AWS's own. */
const FIRST_HOST = 4;
const RESERVED = 5;

/** How many addresses of a subnet are free. */
export function countFree(environment: Ec2Environment, scope: Scope, subnet: SubnetRecord): number {
  return blockOf(subnet).size - RESERVED - takenIn(environment, scope, subnet).size;
}

/** Addresses of a subnet for something new; raises where there are not enough. */
export function takeFree(environment: Ec2Environment, scope: Scope, subnet: SubnetRecord, count: number): string[] {
  const block = blockOf(subnet);
  const taken = takenIn(environment, scope, subnet);
  const addresses: string[] = [];
  for (let host = FIRST_HOST; host < block.size - 1 && addresses.length < count; host += 1) {
    const address = addressAt(block, host);
    if (!taken.has(address)) addresses.push(address);
  }
  if (addresses.length < count) throw notEnoughAddresses(subnet);
  return addresses;
}

export function notEnoughAddresses({ subnetId }: Pick<SubnetRecord, "subnetId">): Error {
  return ec2Error("InsufficientFreeAddressesInSubnet", `There are not enough free addresses in subnet '${subnetId}' to satisfy the requested number of instances.`);
}

/** Whether an address is one that something may have in a subnet. */
export function isAssignable(subnet: SubnetRecord, address: string): boolean {
  const block = blockOf(subnet);
  const host = indexOf(block, address);
  return host >= FIRST_HOST && host < block.size - 1;
}

/** The addresses of instances that are not gone, of what they left behind, and of endpoints. */
export function takenIn(environment: Ec2Environment, scope: Scope, { subnetId }: SubnetRecord): Set<string> {
  const living = instancesOf(environment, scope)
    .filter((instance) => stateOf(environment, instance) !== "terminated")
    .flatMap((instance) => interfacesOfInstance(instance))
    .filter((one) => one.subnetId === subnetId);
  const interfaces = endpointsOf(environment, scope).flatMap((endpoint) => endpoint.interfaces.filter((one) => one.subnetId === subnetId));
  const left = leftInterfacesOf(environment, scope).filter((one) => one.subnetId === subnetId);
  return new Set([...left.map((one) => one.address), ...left.flatMap((one) => one.secondaryAddresses ?? []), ...living.flatMap((one) => [one.address, ...one.secondaryAddresses]), ...interfaces.map((one) => one.address)]);
}

function blockOf(subnet: SubnetRecord): CidrBlock {
  const block = parseBlock(subnet.cidrBlock);
  if (block === undefined) throw new Error(`The subnet ${subnet.subnetId} has the block ${subnet.cidrBlock}, which is none.`);
  return block;
}
