import { invalidOption } from "../options/option-error.js";

/** What can be chosen for a type of volume: from, to, and at most so many for each unit of what it depends on. */
interface Range {
  readonly min: number;
  readonly max: number;
  readonly perUnit: number;
  /** What EC2 gives where nothing is chosen, whatever the ratio; undefined where something must be. */
  readonly usual?: number | undefined;
}

interface TypeRules {
  readonly minGib: number;
  readonly maxGib: number;
  /** By GiB. Absent: EC2 takes none, though it tells the volume's when asked. */
  readonly iops?: Range | undefined;
  /** By IOPS. */
  readonly throughputMiBps?: Range | undefined;
}

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html and API_CreateVolume. */
const rules: ReadonlyMap<string, TypeRules> = new Map<string, TypeRules>([
  ["gp2", { minGib: 1, maxGib: 16_384 }],
  ["gp3", { minGib: 1, maxGib: 65_536, iops: { min: 3_000, max: 80_000, perUnit: 500, usual: 3_000 }, throughputMiBps: { min: 125, max: 2_000, perUnit: 0.25, usual: 125 } }],
  ["io1", { minGib: 4, maxGib: 16_384, iops: { min: 100, max: 64_000, perUnit: 50 } }],
  ["io2", { minGib: 4, maxGib: 65_536, iops: { min: 100, max: 256_000, perUnit: 1_000 } }],
  ["st1", { minGib: 125, maxGib: 16_384 }],
  ["sc1", { minGib: 125, maxGib: 16_384 }],
  ["standard", { minGib: 1, maxGib: 1_024 }],
]);

/** A volume's type, size and performance. */
export interface VolumeShape {
  readonly volumeType: string;
  readonly sizeGib: number;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
}

/** Whether EC2 lets one choose this for the type. */
export function takes(volumeType: string, what: "iops" | "throughputMiBps"): boolean {
  return rules.get(volumeType)?.[what] !== undefined;
}

/** Raises `ConfigurationError`, naming the option, where EC2 would refuse such a volume: that shows up here, not after its blocks were written. */
export function checkVolumeShape({ volumeType, sizeGib, iops, throughputMiBps }: VolumeShape): void {
  const rule = rules.get(volumeType);
  if (rule === undefined) throw invalidOption("volumeType", volumeType, `must be one of ${[...rules.keys()].join(", ")}.`);
  if (sizeGib < rule.minGib || sizeGib > rule.maxGib) throw invalidOption("sizeGib", sizeGib, `must be from ${String(rule.minGib)} to ${String(rule.maxGib)} GiB for ${volumeType}: choose another size or volumeType.`);
  checkRange("iops", volumeType, rule.iops, iops, { of: "GiB", units: sizeGib });
  checkRange("throughputMiBps", volumeType, rule.throughputMiBps, throughputMiBps, { of: "IOPS", units: iops ?? rule.iops?.usual ?? 0 });
}

function checkRange(path: string, volumeType: string, range: Range | undefined, value: number | undefined, base: { readonly of: string; readonly units: number }): void {
  if (range === undefined) {
    if (value !== undefined) throw invalidOption(path, value, `cannot be chosen for ${volumeType}: leave it out, or choose another volumeType.`);
    return;
  }
  if (value === undefined) {
    if (range.usual === undefined) throw invalidOption(path, value, `must be chosen for ${volumeType}, from ${String(range.min)} to ${String(range.max)}.`);
    return;
  }
  if (value < range.min || value > range.max) throw invalidOption(path, value, `must be from ${String(range.min)} to ${String(range.max)} for ${volumeType}.`);
  const most = Math.floor(base.units * range.perUnit);
  if (value !== range.usual && value > most) throw invalidOption(path, value, `must be at most ${String(most)} for ${String(base.units)} ${base.of} of ${volumeType} (${String(range.perUnit)} for each).`);
}
