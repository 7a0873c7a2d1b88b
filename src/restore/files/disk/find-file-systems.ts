import type { EngineEnvironment } from "../../../session/index.js";
import type { ByteSource } from "../../bytes/byte-source.js";
import { SliceSource } from "../../bytes/slice-source.js";
import { chooseEngine } from "../engines.js";
import { FileSystem } from "../file-system.js";
import { findLogicalVolumes } from "../lvm/logical-volumes.js";
import { newMetadataBudget, readPhysicalVolume, type PhysicalVolume } from "../lvm/physical-volume.js";
import { recogniseFileSystem } from "./file-system-type.js";
import { readPartitions } from "./partitions.js";

/** A volume that is open. */
export interface Disk {
  readonly volumeId: string;
  readonly source: ByteSource;
}

interface Part {
  readonly id: string;
  readonly volume: string;
  readonly partition?: number;
  readonly logicalVolume?: string;
  readonly source: ByteSource;
}

/** All file systems of a restore point's volumes: on whole disks, in partitions, and in logical volumes that may reach over several of them. */
export async function findFileSystems(environment: EngineEnvironment, disks: readonly Disk[]): Promise<FileSystem[]> {
  const found: FileSystem[] = [];
  const physical = new Map<PhysicalVolume, Part>();
  const budget = newMetadataBudget();
  for (const disk of disks) {
    for (const part of await partsOf(disk)) {
      const volume = await readPhysicalVolume(part.source, budget);
      if (volume === undefined) found.push(...(await fileSystemsIn(environment, part)));
      else physical.set(volume, part);
    }
  }
  const logical = findLogicalVolumes([...physical.keys()]);
  for (const { name, source, reason, physicalVolumes } of logical) {
    const [first] = physicalVolumes;
    const part = first === undefined ? undefined : physical.get(first);
    const facts = { id: name, volume: part?.volume ?? "", logicalVolume: name };
    if (source !== undefined) found.push(...(await fileSystemsIn(environment, { ...facts, source })));
    else found.push(new FileSystem({ ...facts, type: "lvm", sizeBytes: 0 }, { reason: reason ?? "" }));
  }
  // one that no group knows is shown as what it is
  const known = new Set(logical.flatMap(({ physicalVolumes }) => physicalVolumes));
  for (const [volume, { source, ...part }] of physical) {
    if (!known.has(volume)) found.push(new FileSystem({ ...part, type: "lvm", sizeBytes: source.sizeBytes }, await chooseEngine(environment, source, "lvm")));
  }
  return found;
}

/** The disk as a whole where it is a file system itself; else its partitions. */
async function partsOf({ volumeId, source }: Disk): Promise<Part[]> {
  const whole = { id: volumeId, volume: volumeId, source };
  const recognised = await recogniseFileSystem(source);
  if (recognised !== undefined) return [whole];
  return (await readPartitions(source)).map((partition): Part => ({ id: `${volumeId}/${String(partition.number)}`, volume: volumeId, partition: partition.number, source: new SliceSource(source, partition.offset, partition.sizeBytes) }));
}

async function fileSystemsIn(environment: EngineEnvironment, { source, ...part }: Part): Promise<FileSystem[]> {
  const recognised = await recogniseFileSystem(source);
  if (recognised === undefined || recognised.type === "swap") return [];
  return [new FileSystem({ ...part, ...recognised, sizeBytes: source.sizeBytes }, await chooseEngine(environment, source, recognised.type), source)];
}
