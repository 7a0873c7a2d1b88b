import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { WorkerPool } from "../../src/index.js";
import { Finding } from "./finding.js";
import { restoreToVolume } from "./restores.js";
import { collecting, listPoints, type Rounds } from "./round.js";
import { places, plans, type World } from "./world.js";

/** What the last phase found right. */
export interface LastPhase {
  readonly restoredPoints: number;
  readonly restoredVolumes: number;
  /** What stays of a repository in which there is no point any more, by the first part of the name. */
  readonly standing: Readonly<Record<string, number>>;
}

const dayMs = 86_400_000;
/** A collection begins what another ends, and an orphan waits for its days. */
const collections = 8;
const betweenCollectionsMs = 16 * dayMs;
/** Longer than any lock. */
const afterLocksMs = 40 * dayMs;
/** What belongs to points, to runs and to collections, and must be gone with them. */
const mortal = ["packs", "meta", "sess", "ckpt", "quarantine", "reloc"];

/** Without faults: every point is restored, everything is verified, then all is removed, and the cloud must be as it was. */
export async function endSoak(world: World, rounds: Rounds): Promise<LastPhase> {
  await rounds.run({ isQuiet: true });
  await world.reopen(0);
  await world.reopen(1);
  let restoredPoints = 0;
  let restoredVolumes = 0;
  for (const place of places) {
    for (const point of world.shelves[place].points.values()) {
      for (const volume of point.volumes) {
        const made: string[] = [];
        await restoreToVolume(world, { place, point, volume }, made);
        for (const volumeId of made) await world.cloud.ask("deleteVolume", { volumeId });
        restoredVolumes++;
      }
      restoredPoints++;
    }
    const { isHealthy, findings } = await world.repository(place).verify({ level: "data" });
    if (!isHealthy || findings.length > 0) throw new Finding(`${place} is not healthy at the end: ${JSON.stringify(findings)}`);
  }
  const locks = await world.repository("vault").verifyLocks();
  if (!locks.isHealthy) throw new Finding(`the vault's locks at the end: ${JSON.stringify(locks)}`);
  console.error(`The last phase: ${String(restoredPoints)} points with ${String(restoredVolumes)} volumes were restored right; all is healthy. Now all is removed.`);
  await removeAll(world);
  return { restoredPoints, restoredVolumes, standing: await expectNothingLeft(world) };
}

async function removeAll(world: World): Promise<void> {
  await world.advance(afterLocksMs);
  for (const place of places) for (const { id } of await listPoints(world, place)) await world.repository(place).remove(id, { evenNewest: true });
  for (const plan of plans) await world.policy(plan).retain();
  for (const place of places) {
    for (let turn = 0; ; turn++) {
      await world.advance(betweenCollectionsMs);
      const { status } = await world.repository(place).collectGarbage({ ...collecting(place), maxFreedShare: 1 });
      await world.repository(place).sweep();
      if (status === "nothing" && turn > 2) break;
      if (turn > collections) throw new Finding(`${place}: the collection is still not done: ${status}.`);
    }
  }
  const pool = new WorkerPool({ account: world.lifeOf("gold").account, configurationBucket: "configuration", applianceId: "soak", bundles: {} }, { clock: world.clock });
  await pool.reap();
  await pool.close();
}

/** Of what the engine makes nothing is in the cloud: no snapshot, volume, instance, image or upload, and no object that holds or names data. */
async function expectNothingLeft(world: World): Promise<Record<string, number>> {
  const { volumes, snapshots, images, instances, objects, uploads } = await world.cloud.ask("inventory", null);
  const own = new Set(world.resources.flatMap(({ id, disks }) => [id, ...disks.map(({ volumeId }) => volumeId)]));
  const stored = [...objects, ...(await readdir(join(world.folder, "shelf"), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => `shelf/main/${join(entry.parentPath, entry.name).slice(join(world.folder, "shelf").length + 1)}`)];
  const partOf = (name: string): string => name.split("/")[2] ?? "";
  const left = [...volumes.filter((id) => !own.has(id)), ...instances.filter((id) => !own.has(id)), ...snapshots, ...images, ...uploads.map((name) => `upload ${name}`), ...stored.filter((name) => mortal.includes(partOf(name)))];
  const lost = [...own].filter((id) => !volumes.includes(id) && !instances.includes(id));
  if (left.length > 0) throw new Finding(`${String(left.length)} things are left: ${left.slice(0, 40).join("; ")}`);
  if (lost.length > 0) throw new Finding(`what was to be protected is gone: ${lost.join(", ")}`);
  const files = await readdir(join(world.folder, "temporary"), { recursive: true });
  if (files.length > 0) throw new Finding(`files are left in the temporary folder: ${files.join(", ")}`);
  const standing: Record<string, number> = {};
  for (const name of stored) standing[partOf(name)] = (standing[partOf(name)] ?? 0) + 1;
  return standing;
}
