import { ec2Error, invalidCombination, invalidValue, missingParameter } from "../ec2-error.js";

/** The performance that can be chosen for a type of volume. */
interface Provisioning {
  readonly min: number;
  readonly max: number;
  /** At most so many for each unit of what it depends on: GiB for IOPS, IOPS for throughput. */
  readonly maxRatio: number;
  /** What is given where nothing is chosen; undefined where something must be. */
  readonly usual: number | undefined;
}

interface TypeLimits {
  readonly minGib: number;
  readonly maxGib: number;
  readonly iops?: Provisioning;
  readonly throughput?: Provisioning;
}

// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
const TYPES: Readonly<Record<string, TypeLimits>> = {
  gp2: { minGib: 1, maxGib: 16_384 },
  gp3: {
    minGib: 1,
    maxGib: 65_536,
    iops: { min: 3_000, max: 80_000, maxRatio: 500, usual: 3_000 },
    throughput: { min: 125, max: 2_000, maxRatio: 0.25, usual: 125 },
  },
  io1: { minGib: 4, maxGib: 16_384, iops: { min: 100, max: 64_000, maxRatio: 50, usual: undefined } },
  io2: { minGib: 4, maxGib: 65_536, iops: { min: 100, max: 256_000, maxRatio: 1_000, usual: undefined } },
  st1: { minGib: 125, maxGib: 16_384 },
  sc1: { minGib: 125, maxGib: 16_384 },
  standard: { minGib: 1, maxGib: 1_024 },
};

/** Pending snapshots that a volume may have: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
export function maxPendingSnapshots(volumeType: string): number {
  return volumeType === "st1" || volumeType === "sc1" ? 1 : 5;
}

/** A type of volume with its size and performance, within the type's limits. */
export interface VolumeShape {
  readonly volumeType: string;
  readonly sizeGib: number;
  readonly iops?: number;
  readonly throughputMiBps?: number;
}

interface ShapeRequest {
  readonly volumeType: string;
  readonly sizeGib: number;
  readonly iops: number | undefined;
  readonly throughputMiBps: number | undefined;
}

/** Checks a size and a performance against the limits of their type, and fills in what was not chosen. */
export function resolveShape({ volumeType, sizeGib, iops, throughputMiBps }: ShapeRequest): VolumeShape {
  const limits = Object.hasOwn(TYPES, volumeType) ? TYPES[volumeType] : undefined;
  if (limits === undefined) {
    throw ec2Error("UnknownVolumeType", `The specified volume type '${volumeType}' is unsupported. The supported types are ${Object.keys(TYPES).join(", ")}.`);
  }
  if (!Number.isInteger(sizeGib) || sizeGib < limits.minGib) {
    throw invalidValue(`Volume of ${sizeGib}GiB is too small for volume type ${volumeType}; minimum is ${limits.minGib}GiB.`);
  }
  if (sizeGib > limits.maxGib) {
    throw invalidValue(`Volume of ${sizeGib}GiB is too large for volume type ${volumeType}; maximum is ${limits.maxGib}GiB.`);
  }
  const resolvedIops = provision({ name: "iops", volumeType, limits: limits.iops, chosen: iops, base: sizeGib, baseName: "volume size" });
  const throughput = provision({
    name: "throughput",
    volumeType,
    limits: limits.throughput,
    chosen: throughputMiBps,
    base: resolvedIops ?? 0,
    baseName: "iops",
  });
  const shownIops = volumeType === "gp2" ? baselineIops(sizeGib) : resolvedIops;
  return {
    volumeType,
    sizeGib,
    ...(shownIops === undefined ? {} : { iops: shownIops }),
    ...(throughput === undefined ? {} : { throughputMiBps: throughput }),
  };
}

interface ProvisionRequest {
  readonly name: string;
  readonly volumeType: string;
  readonly limits: Provisioning | undefined;
  readonly chosen: number | undefined;
  readonly base: number;
  readonly baseName: string;
}

function provision({ name, volumeType, limits, chosen, base, baseName }: ProvisionRequest): number | undefined {
  if (limits === undefined) {
    if (chosen === undefined) return undefined;
    throw invalidCombination(`The parameter ${name} is not supported for ${volumeType} volumes.`);
  }
  const value = chosen ?? limits.usual;
  if (value === undefined) throw missingParameter(name);
  if (!Number.isInteger(value) || value < limits.min) throw invalidValue(`Volume ${name} of ${value} is too low; minimum is ${limits.min}.`);
  if (value > limits.max) throw invalidValue(`Volume ${name} of ${value} is too high; maximum is ${limits.max}.`);
  // What every volume of the type has anyway is not held to the ratio.
  if (value !== limits.usual && value > base * limits.maxRatio) {
    throw invalidValue(`The ratio of ${name} to ${baseName}, ${value} to ${base}, is too high; maximum is ${limits.maxRatio}.`);
  }
  return value;
}

function baselineIops(sizeGib: number): number {
  return Math.min(Math.max(sizeGib * 3, 100), 16_000);
}
