import type { EngineEnvironment } from "../../session/index.js";
import type { ByteSource } from "../bytes/byte-source.js";
import { SignalledSource } from "../bytes/signalled-source.js";
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
  if (type === "ext") return { engine: "ext", open: async ({ signal }) => await over(source, signal, async (signalled) => await ExtReader.open(signalled)) };
  if (type === "fat") return { engine: "fat", open: async ({ signal }) => await over(source, signal, async (signalled) => await FatReader.open(signalled)) };
  const mount = await kernelSupport(type);
  if (!("missing" in mount)) return { engine: "kernel", open: async (options) => await KernelReader.open(environment, source, mount, options) };
  return { reason: `${mount.missing}. Or open restore.blockDevice(point, { volume }) and mount it where that can be done.` };
}

/** Opens over a source whose reads end with the signal until it is open. */
async function over<Reader>(source: ByteSource, signal: AbortSignal | undefined, open: (source: ByteSource) => Promise<Reader>): Promise<Reader> {
  if (signal === undefined) return await open(source);
  const signalled = new SignalledSource(source, signal);
  const reader = await open(signalled);
  signalled.release();
  return reader;
}
