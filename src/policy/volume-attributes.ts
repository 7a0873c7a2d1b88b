import type { VolumeDescription } from "../ports/index.js";

/** What the repository keeps of a volume beside its blocks: enough to make one like it. JSON. */
export function volumeAttributes(volume: VolumeDescription): Readonly<Record<string, unknown>> {
  const { sizeBytes, availabilityZone, volumeType, iops, throughputMiBps, encrypted, kmsKeyId, tags, attachment } = volume;
  const known = { sizeBytes, availabilityZone, volumeType, iops, throughputMiBps, encrypted, kmsKeyId, tags: { ...tags }, attachment };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}
