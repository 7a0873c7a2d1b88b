import { ConfigurationError, NotFoundError } from "../errors/index.js";
import type { CallOptions } from "../ports/index.js";
import type { BlockMap } from "../repository/map/block-map.js";
import { checkPoint } from "../repository/points/check-point.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import type { Repository } from "../repository/repository.js";

/** What is restored: a volume of a restore point, with its block map. */
export interface RestoreSource {
  readonly point: RestorePoint;
  readonly volumeId: string;
  readonly map: BlockMap;
}

/** Finds the point and its volume, before anything is made. */
export async function findSource(repository: Repository, given: RestorePoint | string, volumeId: string | undefined, { signal }: CallOptions): Promise<RestoreSource> {
  checkPoint(given);
  const point = typeof given === "string" ? await findPoint(repository, given, { signal }) : given;
  const id = chooseVolume(point, volumeId);
  return { point, volumeId: id, map: await point.blockMap(id, { signal }) };
}

/** The restore point of an id. */
export async function findPoint(repository: Repository, id: string, { signal }: CallOptions): Promise<RestorePoint> {
  try {
    return await repository.restorePoint(id, { signal });
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new NotFoundError(`There is no restore point ${id} in ${repository.location}. repository.restorePoints() lists those that are there.`, { code: "RestorePointNotFound", context: { restorePoint: id }, cause });
  }
}

function chooseVolume(point: RestorePoint, volumeId: string | undefined): string {
  const ids = point.volumes.map((volume) => volume.volumeId);
  const [first, ...others] = ids;
  if (volumeId === undefined && first !== undefined && others.length === 0) return first;
  if (volumeId === undefined) {
    throw new ConfigurationError(`volume: restore point ${point.id} has ${String(ids.length)} volumes; name one of ${ids.join(", ")}.`, {
      code: "AmbiguousVolume",
      context: { path: "volume", restorePoint: point.id, volumes: ids },
    });
  }
  if (ids.includes(volumeId)) return volumeId;
  throw new NotFoundError(`Restore point ${point.id} has no volume ${volumeId}: name one of ${ids.join(", ")}.`, { code: "VolumeNotInPoint", context: { path: "volume", restorePoint: point.id, volume: volumeId, volumes: ids } });
}
