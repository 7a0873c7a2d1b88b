import { macAddressOf, privateNameOf } from "../../ec2/instances/instance-names.js";
import type { InstanceRecord } from "../../ec2/instances/instance-record.js";
import { zonesOf } from "../../ec2/regions/zones.js";
import type { RoleRecord } from "../../iam/iam-store.js";
import { withoutFraction } from "./role-credentials.js";
import type { RoleCredentials } from "./role-credentials.js";

/** What an instance is told of itself. */
export interface MetadataFacts {
  readonly instance: InstanceRecord;
  readonly role: RoleRecord | undefined;
  readonly credentials: () => RoleCredentials | undefined;
  /** Names of the instance's security groups. */
  readonly securityGroups: readonly string[];
  /** When it will be interrupted, where a notice has been given. */
  readonly interruptedAt: Date | undefined;
}

type Leaf = () => string | undefined;

/** The answer for a path below `/latest/`: a value, or the names below it; undefined where there is nothing. */
export function lookUp(facts: MetadataFacts, path: string): string | Buffer | undefined {
  if (path === "user-data") return facts.instance.userData === undefined ? undefined : Buffer.from(facts.instance.userData, "base64");
  const leaves = leavesOf(facts);
  const leaf = leaves.get(path);
  if (leaf !== undefined) return leaf();
  const prefix = path === "" ? "" : path.endsWith("/") ? path : `${path}/`;
  const names = [...leaves.keys()].filter((name) => name.startsWith(prefix)).map((name) => nextName(name.slice(prefix.length)));
  return names.length === 0 ? undefined : [...new Set(names)].sort().join("\n");
}

function nextName(rest: string): string {
  const slash = rest.indexOf("/");
  return slash < 0 ? rest : rest.slice(0, slash + 1);
}

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
function leavesOf(facts: MetadataFacts): Map<string, Leaf> {
  const { instance, role, interruptedAt } = facts;
  const leaves = new Map<string, Leaf>();
  const add = (folder: string, values: Readonly<Record<string, string | undefined>>): void => {
    for (const [name, value] of Object.entries(values)) if (value !== undefined) leaves.set(`${folder}${name}`, () => value);
  };
  const privateName = privateNameOf(instance);
  const zone = zonesOf(instance.region).find((candidate) => candidate.name === instance.availabilityZone);
  add("meta-data/", {
    "ami-id": instance.imageId,
    "ami-launch-index": String(instance.launchIndex),
    hostname: privateName,
    "instance-action": "none",
    "instance-id": instance.instanceId,
    "instance-life-cycle": instance.isSpot ? "spot" : "on-demand",
    "instance-type": instance.instanceType,
    "local-hostname": privateName,
    "local-ipv4": instance.privateIpAddress,
    mac: macAddressOf(instance.networkInterfaceId),
    profile: "default-hvm",
    "public-ipv4": instance.publicIpAddress,
    "reservation-id": instance.reservationId,
    "security-groups": facts.securityGroups.join("\n"),
  });
  add("meta-data/placement/", { "availability-zone": instance.availabilityZone, "availability-zone-id": zone?.id, region: instance.region });
  add("meta-data/services/", { domain: "amazonaws.com", partition: "aws" });
  add(`meta-data/network/interfaces/macs/${macAddressOf(instance.networkInterfaceId)}/`, {
    "device-number": "0",
    "interface-id": instance.networkInterfaceId,
    "local-ipv4s": instance.privateIpAddress,
    "owner-id": instance.accountId,
    "public-ipv4s": instance.publicIpAddress,
    "security-group-ids": instance.securityGroupIds.join("\n"),
    "security-groups": facts.securityGroups.join("\n"),
    "subnet-id": instance.subnetId,
    "vpc-id": instance.vpcId,
  });
  if (instance.metadata.instanceMetadataTags === "enabled") add("meta-data/tags/instance/", instance.tags);
  if (instance.profile !== undefined) leaves.set("meta-data/iam/info", () => describeProfile(facts));
  if (role !== undefined) {
    leaves.set(`meta-data/iam/security-credentials/${role.roleName}`, () => {
      const credentials = facts.credentials();
      return credentials === undefined ? undefined : JSON.stringify(credentials, undefined, 2);
    });
  }
  if (interruptedAt !== undefined) {
    const time = withoutFraction(interruptedAt);
    add("meta-data/spot/", { "instance-action": JSON.stringify({ action: "terminate", time }), "termination-time": time });
  }
  leaves.set("dynamic/instance-identity/document", () => identityDocument(instance));
  return leaves;
}

function describeProfile({ instance, role }: MetadataFacts): string {
  const { profile, launchedAt } = instance;
  const code = role === undefined ? "AssumeRoleUnauthorizedAccess" : "Success";
  const info = { Code: code, LastUpdated: withoutFraction(new Date(launchedAt)), InstanceProfileArn: profile?.arn, InstanceProfileId: profile?.id };
  return JSON.stringify(info, undefined, 2);
}

function identityDocument(instance: InstanceRecord): string {
  const document = {
    accountId: instance.accountId,
    architecture: instance.architecture,
    availabilityZone: instance.availabilityZone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: instance.imageId,
    instanceId: instance.instanceId,
    instanceType: instance.instanceType,
    kernelId: null,
    pendingTime: withoutFraction(new Date(instance.launchedAt)),
    privateIp: instance.privateIpAddress,
    ramdiskId: null,
    region: instance.region,
    version: "2017-09-30",
  };
  return JSON.stringify(document, undefined, 2);
}
