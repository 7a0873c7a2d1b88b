import type { Overlay } from "../bytes/overlay.js";

const sectorBytes = 512;
const dirty = 1;

/**
 * Takes away the mark that a FAT file system was in use: every snapshot of a mounted one has it, and fsck.fat calls it an error. Where it lies: Microsoft's
 * "FAT: General Overview of On-Disk Format", BS_Reserved1 of FAT12, FAT16 and FAT32.
 */
export async function clearDirtyFlag(overlay: Overlay): Promise<void> {
  const sector = await overlay.read(0, sectorBytes);
  const at = sector.toString("latin1", 82, 87) === "FAT32" ? 65 : 37;
  if ((sector.readUInt8(at) & dirty) === 0) return;
  sector.writeUInt8(sector.readUInt8(at) & ~dirty, at);
  await overlay.write(0, sector);
}
