import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { optionError } from "../../options/option-error.js";
import { signalSchema } from "../../options/schemas.js";
import type { CallOptions } from "../../ports/index.js";
import type { ResolvedPoolOptions } from "../pool-options.js";

/** A private network for workers. */
export interface NetworkOptions extends CallOptions {
  /** The VPC's range of addresses, `/16` to `/24`. Default: `10.213.0.0/22`. */
  readonly range?: string | undefined;
  /** Availability zones, a subnet in each: up to 4. Default: the region's first two. */
  readonly availabilityZones?: readonly string[] | undefined;
  /** Services with an interface endpoint, each of which AWS charges for by hour and zone. Default: `ebs`, `sts`, and `kms` where workers unwrap the repository's key. */
  readonly services?: readonly string[] | undefined;
  /** The buckets of the repositories that workers read and write there: through the network's endpoint for S3 nothing else is reached then, but the configuration bucket. Default: any bucket. */
  readonly buckets?: readonly string[] | undefined;
}

export interface ResolvedNetworkOptions {
  readonly range: string;
  readonly availabilityZones: readonly string[] | undefined;
  readonly services: readonly string[];
  readonly buckets: readonly string[] | undefined;
}

/** One thing that will be made. `role` is its name in the network, by which it is found again. */
export interface NetworkStep {
  readonly role: string;
  readonly kind: "vpc" | "subnet" | "route-table" | "security-group" | "endpoint";
  readonly what: string;
  readonly range?: string | undefined;
  readonly availabilityZone?: string | undefined;
  readonly service?: string | undefined;
  /** The id of what is there already. */
  readonly existing?: string | undefined;
}

/** What `createNetwork` will make. JSON. */
export interface NetworkPlan {
  readonly region: string;
  readonly steps: readonly NetworkStep[];
}

/** What a pool's workers need an interface endpoint for, where nothing else is said. */
export function interfaceServices({ kmsKeyId }: Pick<ResolvedPoolOptions, "kmsKeyId">): readonly string[] {
  return ["ebs", "sts", ...(kmsKeyId === undefined ? [] : ["kms"])];
}

const defaultRange = "10.213.0.0/22";
const maxZones = 4;
/** Four subnets, each an equal part. */
const subnetBits = 2;
const rangeText = "must be a range of private addresses, /16 to /24, like 10.213.0.0/22.";

const schema = z.strictObject({
  range: z.string({ error: rangeText }).regex(/^\d{1,3}(?:\.\d{1,3}){3}\/(?:1[6-9]|2[0-4])$/, rangeText).optional(),
  availabilityZones: z.array(z.string().min(1)).min(1, "must name at least one zone.").max(maxZones, `may name at most ${String(maxZones)} zones.`).optional(),
  services: z.array(z.string().regex(/^[a-z][a-z0-9.-]*$/, 'must be the name of a service, like "ebs".')).optional(),
  buckets: z.array(z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of a bucket.")).min(1, "must name at least one bucket, or be left out.").optional(),
  signal: signalSchema,
});

export function resolveNetworkOptions(options: NetworkOptions, pool: Pick<ResolvedPoolOptions, "kmsKeyId">): ResolvedNetworkOptions {
  const given = checkOptions<NetworkOptions>(options, { of: "a network", schema });
  const range = given.range ?? defaultRange;
  subnetRanges(range);
  return { range, availabilityZones: given.availabilityZones, services: [...new Set(given.services ?? interfaceServices(pool))], buckets: given.buckets };
}

/** What a complete private network is made of, in the order in which it is made. */
export function planSteps({ range, services, buckets }: ResolvedNetworkOptions, zones: readonly string[], region: string): NetworkStep[] {
  const ranges = subnetRanges(range);
  return [
    { role: "vpc", kind: "vpc", what: `a VPC of ${range}, with private DNS and no way to the internet`, range },
    ...zones.map((zone, index): NetworkStep => ({ role: `subnet ${zone}`, kind: "subnet", what: `a subnet of ${ranges[index] ?? ""} in ${zone}`, range: ranges[index] ?? "", availabilityZone: zone })),
    { role: "routes", kind: "route-table", what: "a route table for these subnets" },
    { role: "workers", kind: "security-group", what: "a security group for workers: nothing comes in" },
    { role: "endpoints", kind: "security-group", what: "a security group for endpoints: TCP 443 from the workers" },
    { role: "endpoint s3", kind: "endpoint", what: `a gateway endpoint for com.amazonaws.${region}.s3, which costs nothing, ${buckets === undefined ? "to any bucket" : `to the configuration bucket and ${buckets.join(", ")} alone`}`, service: "s3" },
    ...services.map((service): NetworkStep => ({ role: `endpoint ${service}`, kind: "endpoint", what: `an interface endpoint for com.amazonaws.${region}.${service} in ${String(zones.length)} zones, charged by the hour`, service })),
  ];
}

/** Four equal parts of a range; raises `ConfigurationError` where it is none. */
function subnetRanges(range: string): string[] {
  const [address = "", bits = ""] = range.split("/");
  const parts = address.split(".").map(Number);
  const length = Number(bits) + subnetBits;
  const base = parts.reduce((sum, part) => sum * 256 + part, 0);
  const size = 2 ** (32 - length);
  if (parts.some((part) => part > 255) || base % (size * 2 ** subnetBits) !== 0) throw optionError("range", `${rangeText} Its first address must be that of the whole range. It is "${range}".`);
  return Array.from({ length: 2 ** subnetBits }, (_, index) => {
    const first = base + index * size;
    return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${String(length)}`;
  });
}
