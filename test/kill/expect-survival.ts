import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { directoryStorage, Repository } from "../../src/index.js";
import { blockSizeBytes } from "../../src/ports/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { restoreVolume } from "../../src/transfer/restore-volume.js";
import { MemoryBlockWriter } from "../support/memory-volume.js";
import { backUpImages, type ImageSet } from "./back-up-images.js";
import type { RunEnd } from "./run-and-kill.js";
import type { Scenario } from "./scenarios.js";
import { imagePath } from "./snapshot-images.js";

/**
 * What must hold after a run of `scenario` in `repositoryPath` ended, wherever it was killed: every earlier point gives back
 * its images, the run's own point exists whole if its commit won and not at all otherwise, everything verifies, and the next run succeeds.
 */
export async function expectSurvival(scenario: Scenario, repositoryPath: string, end: RunEnd): Promise<void> {
  const when = end.end === "killed" ? `killed ${end.label} (boundary ${String(end.boundary)})` : "completed";
  const options = { storage: directoryStorage(repositoryPath), encryption: { key: scenario.key } };
  const repository = scenario.killed === undefined ? await openOrMake(options, end, when) : await Repository.open(options);
  expect(await leftovers(repositoryPath), `${when}: temporary files of the dead process`).toEqual([]);

  const isCommitted = scenario.killed !== undefined && (end.end === "completed" || end.isCommitted);
  const known = new Map(scenario.earlier.map(({ pointId, images }) => [pointId, images]));
  const points = await pointsOf(repository);
  expect(points, `${when}: restore points`).toHaveLength(known.size + (isCommitted ? 1 : 0));
  for (const pointId of known.keys()) expect(points.map(({ id }) => id), when).toContain(pointId);
  const images = (point: RestorePoint): ImageSet => known.get(point.id) ?? scenario.killed ?? scenario.next;
  for (const point of points) await expectImages(point, images(point), when);
  expect(await repository.verify({ level: "data" }), when).toMatchObject({ isHealthy: true, restorePoints: points.length, findings: [] });

  await expectImages(await backUpImages(repository, scenario.next), scenario.next, `${when}, then the next run`);
  const reopened = await Repository.open(options);
  expect(await reopened.verify({ level: "data" }), `${when}, then the next run`).toMatchObject({ isHealthy: true, restorePoints: points.length + 1 });
  for (const point of points) await expectImages(await reopened.restorePoint(point.id), images(point), `${when}, then the next run`);
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

/** Restores each volume of the point and compares every byte with the image, holes included. */
async function expectImages(point: RestorePoint, images: ImageSet, when: string): Promise<void> {
  expect(point.volumes.map(({ volumeId }) => volumeId), when).toEqual(images.volumeIds);
  for (const volumeId of images.volumeIds) {
    const writer = new MemoryBlockWriter();
    await restoreVolume(await point.blockMap(volumeId), writer);
    const expected = await readFile(imagePath(images.folder, volumeId, images.snapshotId));
    const restored = Buffer.alloc(expected.length);
    for (const [index, data] of writer.blocks) data.copy(restored, index * blockSizeBytes);
    expect(restored.equals(expected), `${when}: ${volumeId} of ${point.id} is ${images.snapshotId}`).toBe(true);
  }
}

async function leftovers(repositoryPath: string): Promise<string[]> {
  return await readdir(join(repositoryPath, ".holdfast", "temporary")).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
}
