import { HoldfastError } from "../../src/errors/index.js";
import type { PointWriter } from "../../src/repository/writer/point-writer.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import type { Process, Scheduler } from "./scheduler.js";
import type { World } from "./world.js";

/** What processes do; each is begun by `start` with a chance of its own. */
export type Program = (world: World, scheduler: Scheduler) => (process: Process) => Promise<void>;

const attempts = 3;

/** Backs up volumes as one restore point, begun again after a conflict, as a policy does. */
export function backUp(resource: string, volumeIds: readonly string[], isFull: boolean): Program {
  return (world, scheduler) => async (process) => {
    const { repository, random } = await world.open(scheduler, process);
    for (let attempt = 1; ; attempt++) {
      const point = repository.beginPoint({ resource, kind: "instance", tags: {} });
      try {
        for (const volumeId of volumeIds) await backUpVolume(world, point, volumeId, isFull, random);
        await point.commit();
        return;
      } catch (error) {
        await point.close();
        if (!(HoldfastError.isInstance(error) && error.retryable) || attempt === attempts) throw error;
      }
    }
  };
}

async function backUpVolume(world: World, point: PointWriter, volumeId: string, isFull: boolean, random: Parameters<World["changeAndFreeze"]>[1]): Promise<void> {
  const { volume, snapshotId } = world.changeAndFreeze(volumeId, random);
  const writer = await point.beginVolume(volumeId);
  const { method } = await backupVolume(volume.reader(snapshotId), writer, { random, auditBlocks: 0, ignoreBase: isFull });
  const facts = { resource: volumeId, volumeId, snapshotId, volumeSizeBytes: volume.sizeBytes, method, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };
  await point.finishVolume(writer, facts, { volumeId });
}

/** Removes some points, as retention does; never the newest. */
export const remove: Program = (world, scheduler) => async (process) => {
  const { repository, random } = await world.open(scheduler, process);
  for await (const point of repository.restorePoints()) {
    if (random.fraction() < 0.5) continue;
    try {
      await repository.remove(point, { evenNewest: random.fraction() < 0.2 });
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.code === "NewestPoint")) throw error;
    }
  }
};

/** Collects once. */
export const collect: Program = (world, scheduler) => async (process) => {
  const { repository } = await world.open(scheduler, process);
  await repository.collectGarbage({ graceHours: 0, orphanDays: 5, waitMinutes: 60 });
};

/** Pins a point and restores it: whatever happens meanwhile, every byte is right, unless the pin was lost. */
export const restore: Program = (world, scheduler) => async (process) => {
  const { repository, random } = await world.open(scheduler, process);
  for await (const point of repository.restorePoints()) {
    if (random.fraction() < 0.5) continue;
    let pin;
    try {
      pin = await repository.pin([point]);
    } catch (error) {
      if (HoldfastError.isInstance(error) && error.name === "NotFoundError") continue;
      throw error;
    }
    try {
      await world.expectRestores(point);
    } catch (error) {
      // a pin that is lost is said; everything else is a loss
      pin.throwIfLost();
      await pin.end();
      throw error;
    }
    await pin.end();
    return;
  }
};
