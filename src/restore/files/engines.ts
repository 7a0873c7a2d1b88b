import type { EngineEnvironment } from "../../session/index.js";
import type { ByteSource } from "../bytes/byte-source.js";
import type { FileSystemType } from "./disk/file-system-type.js";
import { ExtReader } from "./ext/ext-reader.js";
import { FatReader } from "./fat/fat-reader.js";
import type { EngineChoice } from "./file-system.js";
import { KernelReader } from "./kernel/kernel-reader.js";
import { kernelSupport } from "./kernel/kernel-support.js";

/** What no engine can read, and what helps. */
const remedies: Readonly<Partial<Record<FileSystemType, string>>> = {
  luks: "it is encrypted (LUKS), and its key is not in the backup. Open restore.blockDevice(point, { volume }) and unlock it there.",
  lvm: "it is a part of an LVM volume group whose metadata cannot be read. Open restore.blockDevice(point, { volume }), or restore the volume, and activate the group there.",
  raid: "it is a part of a Linux software RAID. Restore its volumes and assemble it there.",
  swap: "swap space holds no files.",
};

/**
 * Chooses what reads a file system. What runs in this process over proven bytes and parses them itself comes before what hands a stranger's
 * image to this machine's kernel.
 */
export async function chooseEngine(environment: EngineEnvironment, source: ByteSource, type: FileSystemType): Promise<EngineChoice> {
  const remedy = remedies[type];
  if (remedy !== undefined) return { reason: remedy };
  if (type === "ext") return { engine: "ext", open: async () => await ExtReader.open(source) };
  if (type === "fat") return { engine: "fat", open: async () => await FatReader.open(source) };
  const mount = await kernelSupport(type);
  if (!("missing" in mount)) return { engine: "kernel", open: async () => await KernelReader.open(environment, source, mount) };
  return { reason: `${mount.missing}. Or open restore.blockDevice(point, { volume }) and mount it where that can be done.` };
}
