import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { NbdClient } from "../support/nbd-client.js";
import type { BookedPoint, BookedVolume, DiskState } from "./book/booked-point.js";
import { blockBytes, digestOf, zeroDigest } from "./cloud/contents.js";
import { home } from "./cloud/requests.js";
import { Finding } from "./finding.js";
import type { Place, World } from "./world.js";

/** One volume of a point of a repository. */
export interface Wanted {
  readonly place: Place;
  readonly point: BookedPoint;
  readonly volume: BookedVolume;
  readonly signal?: AbortSignal;
}

const restoredTag = { soak: "restored" };
/** Blocks beside those that hold something: what was never there must not be there now. */
const probes = [0, 1, 21, 22, 255, 256, 511, 1_000, 2_047];

/** Restores to a new volume, and compares every block with the books. The volume is in `made` until it is deleted. */
export async function restoreToVolume(world: World, { place, point, volume, signal }: Wanted, made: string[]): Promise<void> {
  const session = world.restore(place).volume(point.id, { volume: volume.volumeId, availabilityZone: `${home}b`, tags: restoredTag, ...(signal !== undefined && { signal }) });
  const { volumeId } = await session;
  made.push(volumeId);
  await compareVolume(world, volumeId, volume.state, `${place} ${point.id} restored`);
}

/** Compares what a volume of the cloud holds with the books. */
export async function compareVolume(world: World, volumeId: string, state: DiskState, what: string): Promise<void> {
  const blocks = lookedAt(state);
  const digests = await world.cloud.ask("digests", { volumeId, blocks });
  for (const [position, index] of blocks.entries()) compare(state, index, digests[position], `${what} to ${volumeId}`);
}

/** Restores to a raw disk image, and compares it. */
export async function restoreToImage(world: World, { place, point, volume, signal }: Wanted): Promise<void> {
  const path = join(world.folder, "images", `${point.id.replaceAll("/", "-")}-${volume.volumeId}-${String(world.integer(2 ** 31))}.img`);
  try {
    await world.restore(place).image(point.id, { volume: volume.volumeId, path, ...(signal !== undefined && { signal }) });
    const file = await open(path, "r");
    try {
      const block = Buffer.alloc(blockBytes);
      for (const index of lookedAt(volume.state)) {
        await file.read(block, 0, blockBytes, index * blockBytes);
        compare(volume.state, index, digestOf(block), `${place} ${point.id} as an image`);
      }
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

/** Opens as a block device, and compares; `false` where the device said that it could not read. */
export async function readDevice(world: World, { place, point, volume, signal }: Wanted): Promise<boolean> {
  const device = await world.restore(place).blockDevice(point.id, { volume: volume.volumeId, ...(signal !== undefined && { signal }) });
  try {
    const client = await NbdClient.connect({ path: device.socketPath ?? "" });
    try {
      await client.greet();
      await client.go();
      for (const index of lookedAt(volume.state)) {
        const { error, data } = await client.request(0, index * blockBytes, blockBytes);
        if (error !== 0) return false;
        compare(volume.state, index, digestOf(data), `${place} ${point.id} as a device`);
      }
      return true;
    } finally {
      client.close();
    }
  } finally {
    await device.close();
  }
}

function lookedAt(state: DiskState): number[] {
  return [...new Set([...state.keys(), ...probes])].sort((one, other) => one - other);
}

function compare(state: DiskState, index: number, digest: string | undefined, what: string): void {
  if (digest !== (state.get(index) ?? zeroDigest)) throw new Finding(`${what}: block ${String(index)} is another.`);
}
