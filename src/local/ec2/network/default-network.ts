import type { ServiceError } from "../../service.js";
import { notFound, checkId, derivedId } from "../resource-id.js";
import { zonesOf } from "../regions/zones.js";
import type { Zone } from "../regions/zones.js";
import type { Scope } from "../scope.js";

/** A default subnet: one in each zone, as in every account that has just been opened. */
export interface DefaultSubnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: Zone;
  readonly cidrBlock: string;
  /** The first three numbers of its first address; the block spans sixteen of the third. */
  readonly firstThird: number;
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html: 172.31.0.0/16 with a /20 in each zone. */
export const vpcCidrBlock = "172.31.0.0/16";

const THIRDS_PER_SUBNET = 16;

export function vpcIdOf({ accountId, region }: Scope): string {
  return derivedId("vpc", accountId, region, "default");
}

export function securityGroupIdOf({ accountId, region }: Scope): string {
  return derivedId("sg", accountId, region, "default");
}

export function subnetsOf(scope: Scope): DefaultSubnet[] {
  return zonesOf(scope.region).map((zone) => ({
    subnetId: derivedId("subnet", scope.accountId, zone.name),
    vpcId: vpcIdOf(scope),
    zone,
    cidrBlock: `172.31.${zone.index * THIRDS_PER_SUBNET}.0/20`,
    firstThird: zone.index * THIRDS_PER_SUBNET,
  }));
}

/** The subnet of an id, or else of a zone, or else the first. */
export function requireSubnet(scope: Scope, { subnetId, zoneName }: { readonly subnetId?: string | undefined; readonly zoneName?: string | undefined }): DefaultSubnet {
  if (subnetId !== undefined) checkId("subnet", subnetId);
  const found = subnetsOf(scope).find((subnet) =>
    subnetId === undefined ? zoneName === undefined || subnet.zone.name === zoneName : subnet.subnetId === subnetId,
  );
  if (found === undefined) throw noSubnet(subnetId ?? "");
  return found;
}

function noSubnet(subnetId: string): ServiceError {
  return notFound("subnet", subnetId);
}

/** Checks that security groups are there: the default one is the only one. */
export function checkSecurityGroups(scope: Scope, groupIds: readonly string[]): void {
  for (const groupId of groupIds) {
    checkId("security-group", groupId);
    if (groupId !== securityGroupIdOf(scope)) throw notFound("security-group", groupId);
  }
}

const HOSTS_PER_SUBNET = THIRDS_PER_SUBNET * 256;
/** The first four addresses and the last one of a subnet are AWS's own. */
const FIRST_HOST = 4;

/** The address of the n-th host that instances may have in a subnet; undefined past its end. */
function addressOf(subnet: DefaultSubnet, host: number): string | undefined {
  if (host >= HOSTS_PER_SUBNET - 1) return undefined;
  return `172.31.${subnet.firstThird + Math.floor(host / 256)}.${host % 256}`;
}

/** The first address of a subnet that is not taken. */
export function freeAddress(subnet: DefaultSubnet, taken: ReadonlySet<string>): string | undefined {
  for (let host = FIRST_HOST; ; host += 1) {
    const address = addressOf(subnet, host);
    if (address === undefined || !taken.has(address)) return address;
  }
}

/** Whether an address is one that an instance may have in a subnet. */
export function isAddressIn(subnet: DefaultSubnet, address: string): boolean {
  const [, third, fourth] = /^172\.31\.(\d{1,3})\.(\d{1,3})$/.exec(address) ?? [];
  const host = (Number(third) - subnet.firstThird) * 256 + Number(fourth);
  return Number(fourth) < 256 && host >= FIRST_HOST && host < HOSTS_PER_SUBNET - 1;
}

export const addressesPerSubnet: number = HOSTS_PER_SUBNET - FIRST_HOST - 1;
