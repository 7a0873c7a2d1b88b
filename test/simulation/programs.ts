import { HoldfastError } from "../../src/errors/index.js";
import type { Random } from "../../src/ports/index.js";
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
        for (const volumeId of volumeIds) await backUpVolume(point, volumeId, world.changeAndFreeze(volumeId, random), isFull, random);
        await point.commit();
        return;
      } catch (error) {
        await point.close();
        if (!(HoldfastError.isInstance(error) && error.retryable) || attempt === attempts) throw error;
      }
    }
  };
}

/** Backs up a volume that holds what another held at a snapshot, so that each of its blocks may be found in the repository; or what none held. */
export function backUpLike(volumeId: string, snapshotId: string | undefined): Program {
  return (world, scheduler) => async (process) => {
    const { repository, random } = await world.open(scheduler, process);
    const point = repository.beginPoint({ resource: volumeId, kind: "volume", tags: {} });
    try {
      await backUpVolume(point, volumeId, world.freezeLike(volumeId, snapshotId), true, random);
      await point.commit();
    } catch (error) {
      await point.close();
      throw error;
    }
  };
}

async function backUpVolume(point: PointWriter, volumeId: string, { volume, snapshotId }: ReturnType<World["changeAndFreeze"]>, isFull: boolean, random: Random): Promise<void> {
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

/** Removes the oldest point. */
export const removeOldest: Program = (world, scheduler) => async (process) => {
  const { repository } = await world.open(scheduler, process);
  for await (const point of repository.restorePoints()) {
    await repository.remove(point);
    return;
  }
};

/** Does one thing after the other. */
export function inTurn(...programs: readonly Program[]): Program {
  return (world, scheduler) => async (process) => {
    for (const program of programs) await program(world, scheduler)(process);
  };
}

/** Collects once. */
export const collect: Program = (world, scheduler) => async (process) => {
  const { repository } = await world.open(scheduler, process);
  await repository.collectGarbage({ graceHours: 0, orphanDays: 5, waitMinutes: 60 });
};

/** Rewrites packs of which little is needed: nearly all that have any garbage. */
export const compact: Program = (world, scheduler) => async (process) => {
  const { repository } = await world.open(scheduler, process);
  await repository.compact({ graceHours: 0, maxLiveShare: 0.9, waitMinutes: 60 });
};

/** Reads every byte: whatever goes on meanwhile, nothing is reported damaged that is not. */
export const verify: Program = (world, scheduler) => async (process) => {
  const { repository } = await world.open(scheduler, process);
  const { findings } = await repository.verify({ level: "data" });
  if (findings.length > 0) throw new Error(`${findings[0]?.object ?? ""} was reported: ${findings[0]?.problem ?? ""}`);
};

/** Copies some points to the other repository; points that are removed meanwhile are none to copy. */
export const copy: Program = (world, scheduler) => async (process) => {
  const { repository, random } = await world.open(scheduler, process);
  const { repository: target } = await world.open(scheduler, process, world.copies);
  for await (const point of repository.restorePoints()) {
    if (random.fraction() < 0.6) continue;
    try {
      await repository.copy(point, target);
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.name === "NotFoundError" && error.code !== "ObjectNotFound")) throw error;
    }
  }
};

/** Removes copies, then collects where they lie. */
export const tidyCopies: Program = (world, scheduler) => async (process) => {
  const { repository, random } = await world.open(scheduler, process, world.copies);
  for await (const point of repository.restorePoints()) if (random.fraction() < 0.5) await repository.remove(point, { evenNewest: true });
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
      await pin.confirm();
      await pin.end();
      throw error;
    }
    await pin.end();
    return;
  }
};
