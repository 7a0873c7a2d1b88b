import { constants, open, type FileHandle } from "node:fs/promises";
import { ConflictError } from "../../errors/index.js";
import { systemCode } from "./directory-error.js";

/** The largest volume there is, 64 TiB: where the search for a device's end begins. */
const maxDeviceBytes = 2 ** 46;

/** Where a device ends: the first offset at which there is nothing to read, by halving. A device does not say so in its attributes. */
export async function deviceBytes(handle: FileHandle): Promise<number> {
  const byte = Buffer.alloc(1);
  let [least, most] = [0, maxDeviceBytes];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    const { bytesRead } = await handle.read(byte, 0, 1, middle);
    if (bytesRead > 0) least = middle + 1;
    else most = middle;
  }
  return least;
}

/**
 * Opens a block device for oneself: Linux refuses `O_EXCL` where it, or a partition of it, is mounted, swapped to, or a part of LVM or RAID (open(2)), and until it is closed nobody can do any of that.
 * `ConflictError` (`DeviceInUse`) then.
 */
export async function openDevice(path: string, to: "read" | "write"): Promise<FileHandle> {
  try {
    return await open(path, (to === "read" ? constants.O_RDONLY : constants.O_RDWR) | constants.O_EXCL);
  } catch (cause) {
    if (systemCode(cause) !== "EBUSY") throw cause;
    const remedy = to === "read" ? "Unmount it, or name a snapshot of it (of LVM); with allowInUse: true it is taken as it comes." : "Unmount it first, or choose another device. Nothing was written.";
    throw new ConflictError(`The device ${path} is in use: it or a part of it is mounted, or belongs to LVM, RAID or the swap. ${remedy}`, { code: "DeviceInUse", context: { path }, cause });
  }
}
