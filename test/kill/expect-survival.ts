import { expect } from "vitest";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { Repository } from "../../src/repository/repository.js";
import { restoreVolume } from "../../src/transfer/restore-volume.js";
import { MemoryBlockWriter } from "../support/memory-volume.js";
import { backUpImages, type ImageSet } from "./back-up-images.js";
import type { StoragePlace } from "./places.js";
import type { RunEnd } from "./run-and-kill.js";
import type { Scenario } from "./scenarios.js";
import { imageBlocks, imagePath } from "./snapshot-images.js";

/**
 * What must hold after a run of `scenario` at `place` ended, wherever it was killed: every earlier point gives back
 * its images, the run's own point exists whole if its commit won and not at all otherwise, everything verifies, and the next run succeeds.
 */
export async function expectSurvival(scenario: Scenario, place: StoragePlace, end: RunEnd): Promise<void> {
  const when = end.end === "killed" ? `killed ${end.label} (boundary ${String(end.boundary)})` : "completed";
  const options = { storage: scenario.places.storage(place), encryption: { key: scenario.key } };
  const repository = scenario.killed === undefined ? await openOrMake(options, end, when) : await Repository.open(options);
  expect(await scenario.places.leftovers(place), `${when}: temporary files of the dead process`).toEqual([]);

  const known = new Map(scenario.earlier.map(({ pointId, images }) => [pointId, images]));
  const points = await pointsOf(repository);
  expect(countsAfter(scenario, end), `${when}: restore points`).toContain(points.length);
  for (const pointId of known.keys()) expect(points.map(({ id }) => id), when).toContain(pointId);
  const images = (point: RestorePoint): ImageSet => known.get(point.id) ?? scenario.killed ?? scenario.next;
  for (const point of points) await expectImages(point, images(point), when);
  expect(await repository.verify({ level: "data" }), when).toMatchObject({ isHealthy: true, restorePoints: points.length, findings: [] });

  await expectImages(await backUpImages(repository, scenario.next), scenario.next, `${when}, then the next run`);
  const reopened = await Repository.open(options);
  expect(await reopened.verify({ level: "data" }), `${when}, then the next run`).toMatchObject({ isHealthy: true, restorePoints: points.length + 1 });
  for (const point of points) await expectImages(await reopened.restorePoint(point.id), images(point), `${when}, then the next run`);
}

/** How many restore points there may be: a commit whose answer never came stands or does not. */
function countsAfter({ killed, earlier }: Scenario, end: RunEnd): number[] {
  const isCommitted = end.end === "completed" || end.isCommitted;
  if (killed === undefined) return [0];
  if (isCommitted === "perhaps") return [earlier.length, earlier.length + 1];
  return [earlier.length + (isCommitted ? 1 : 0)];
}

/** Of a making that was killed there is either a repository or none; then it can be made again. */
async function openOrMake(options: Parameters<typeof Repository.open>[0], end: RunEnd, when: string): Promise<Repository> {
  const opened = await Repository.open(options).catch((error: unknown) => error);
  if (opened instanceof Repository) return opened;
  expect(opened, when).toMatchObject({ code: "RepositoryNotFound" });
  expect(end.end, when).toBe("killed");
  return await Repository.create(options);
}

async function pointsOf(repository: Repository): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints()) points.push(point);
  return points;
}

/** Restores each volume of the point and compares every byte with the image: what holds data is there, and nothing else. */
async function expectImages(point: RestorePoint, images: ImageSet, when: string): Promise<void> {
  expect(point.volumes.map(({ volumeId }) => volumeId), when).toEqual(images.volumeIds);
  for (const volumeId of images.volumeIds) {
    const writer = new MemoryBlockWriter();
    await restoreVolume(await point.blockMap(volumeId), writer);
    const expected = await imageBlocks(imagePath(images.folder, volumeId, images.snapshotId));
    const what = `${when}: ${volumeId} of ${point.id} is ${images.snapshotId}`;
    expect([...writer.blocks.keys()].sort((a, b) => a - b), what).toEqual([...expected.keys()]);
    for (const [index, data] of expected) expect(writer.blocks.get(index)?.equals(data), `${what}, block ${String(index)}`).toBe(true);
  }
}
