import { createHash, randomBytes } from "node:crypto";
import type { ServiceError } from "../service.js";
import { ec2Error, invalidValue } from "./ec2-error.js";

/** A kind of resource, named as its tags name it. */
export type ResourceKind =
  | "volume"
  | "snapshot"
  | "instance"
  | "image"
  | "vpc"
  | "subnet"
  | "security-group"
  | "route-table"
  | "internet-gateway"
  | "network-interface"
  | "vpc-endpoint"
  | "elastic-ip"
  | "key-pair";

interface KindOfId {
  readonly prefix: string;
  readonly notFoundCode: string;
  readonly malformedCode: string;
  readonly notFound: (id: string) => string;
  /** The parameter's name where an id with another prefix is a wrong value rather than a malformed id. */
  readonly parameter?: string;
}

const KINDS: Readonly<Record<ResourceKind, KindOfId>> = {
  volume: {
    prefix: "vol",
    notFoundCode: "InvalidVolume.NotFound",
    malformedCode: "InvalidVolumeID.Malformed",
    notFound: (id) => `The volume '${id}' does not exist.`,
    parameter: "volumeId",
  },
  snapshot: {
    prefix: "snap",
    notFoundCode: "InvalidSnapshot.NotFound",
    malformedCode: "InvalidSnapshotID.Malformed",
    notFound: (id) => `The snapshot '${id}' does not exist.`,
    parameter: "snapshotId",
  },
  instance: {
    prefix: "i",
    notFoundCode: "InvalidInstanceID.NotFound",
    malformedCode: "InvalidInstanceID.Malformed",
    notFound: (id) => `The instance ID '${id}' does not exist`,
  },
  image: {
    prefix: "ami",
    notFoundCode: "InvalidAMIID.NotFound",
    malformedCode: "InvalidAMIID.Malformed",
    notFound: (id) => `The image id '[${id}]' does not exist`,
  },
  vpc: {
    prefix: "vpc",
    notFoundCode: "InvalidVpcID.NotFound",
    malformedCode: "InvalidVpcID.Malformed",
    notFound: (id) => `The vpc ID '${id}' does not exist`,
  },
  subnet: {
    prefix: "subnet",
    notFoundCode: "InvalidSubnetID.NotFound",
    malformedCode: "InvalidSubnetID.Malformed",
    notFound: (id) => `The subnet ID '${id}' does not exist`,
  },
  "security-group": {
    prefix: "sg",
    notFoundCode: "InvalidGroup.NotFound",
    malformedCode: "InvalidGroupId.Malformed",
    notFound: (id) => `The security group '${id}' does not exist`,
  },
  "route-table": {
    prefix: "rtb",
    notFoundCode: "InvalidRouteTableID.NotFound",
    malformedCode: "InvalidRouteTableId.Malformed",
    notFound: (id) => `The routeTable ID '${id}' does not exist`,
  },
  "internet-gateway": {
    prefix: "igw",
    notFoundCode: "InvalidInternetGatewayID.NotFound",
    malformedCode: "InvalidInternetGatewayId.Malformed",
    notFound: (id) => `The internetGateway ID '${id}' does not exist`,
  },
  "network-interface": {
    prefix: "eni",
    notFoundCode: "InvalidNetworkInterfaceID.NotFound",
    malformedCode: "InvalidNetworkInterfaceID.Malformed",
    notFound: (id) => `The networkInterface ID '${id}' does not exist`,
  },
  "vpc-endpoint": {
    prefix: "vpce",
    notFoundCode: "InvalidVpcEndpointId.NotFound",
    malformedCode: "InvalidVpcEndpointId.Malformed",
    notFound: (id) => `The Vpc Endpoint Id '${id}' does not exist`,
  },
  "elastic-ip": {
    prefix: "eipalloc",
    notFoundCode: "InvalidAllocationID.NotFound",
    malformedCode: "InvalidAllocationID.Malformed",
    notFound: (id) => `The allocation ID '${id}' does not exist`,
  },
  "key-pair": {
    prefix: "key",
    notFoundCode: "InvalidKeyPair.NotFound",
    malformedCode: "InvalidKeyPair.Malformed",
    notFound: (id) => `The key pair '${id}' does not exist`,
  },
};

const resourceKinds = Object.keys(KINDS) as ResourceKind[];

/** Ids have 17 hexadecimal digits; those of old resources eight. */
const DIGITS = /^([0-9a-f]{8}|[0-9a-f]{17})$/;

/** A new id. */
export function createId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** The id of what is always there: the same for the same parts. */
export function derivedId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}-0${createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16)}`;
}

/** Checks an id's form. */
export function checkId(kind: ResourceKind, id: string): void {
  const { prefix, malformedCode, parameter } = KINDS[kind];
  const start = `${prefix}-`;
  if (!id.startsWith(start) && parameter !== undefined) {
    throw invalidValue(`Value (${id}) for parameter ${parameter} is invalid. Expected: '${prefix}-...'.`);
  }
  if (!id.startsWith(start) || !DIGITS.test(id.slice(start.length))) {
    throw ec2Error(malformedCode, `Invalid id: "${id}" (expecting "${prefix}-...")`);
  }
}

/** The kind that an id's prefix tells, if it tells one. */
export function findKind(id: string): ResourceKind | undefined {
  return resourceKinds.find((candidate) => id.startsWith(`${KINDS[candidate].prefix}-`));
}

/** The kind of resource that an id of any kind names. */
export function kindOf(id: string): ResourceKind {
  const kind = findKind(id);
  if (kind === undefined) throw ec2Error("InvalidID", `The ID '${id}' is not valid`);
  checkId(kind, id);
  return kind;
}

export function notFound(kind: ResourceKind, id: string): ServiceError {
  return ec2Error(KINDS[kind].notFoundCode, KINDS[kind].notFound(id));
}

/** Checks that an id is there and well formed, and gives what `find` finds for it. */
export function requireResource<T>(kind: ResourceKind, id: string | undefined, find: (id: string) => T | undefined): T {
  if (id === undefined) throw ec2Error("MissingParameter", `The request must contain the ID of the ${kind}`);
  checkId(kind, id);
  const found = find(id);
  if (found === undefined) throw notFound(kind, id);
  return found;
}
