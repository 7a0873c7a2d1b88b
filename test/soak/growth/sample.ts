import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Rounds } from "../round.js";
import { places, type World } from "../world.js";

/** What the engine's process takes at one moment between two rounds, after a collection of the heap; and the cloud's beside it. */
export interface Sample {
  readonly atSeconds: number;
  readonly rounds: number;
  readonly rssMib: number;
  readonly heapUsedMib: number;
  /** What V8 holds for its heap, used or not. */
  readonly heapTotalMib: number;
  readonly externalMib: number;
  readonly arrayBuffersMib: number;
  /** What keeps the event loop busy, without sockets. */
  readonly handles: number;
  readonly handlesByType: Readonly<Record<string, number>>;
  readonly threads: number;
  /** Without sockets. */
  readonly openFiles: number;
  readonly sockets: number;
  /** In the temporary folder and in that of restored images. */
  readonly temporaryFiles: number;
  /** Of the signal that lasts from beginning to end. */
  readonly listeners: number;
  readonly cpuSeconds: number;
  /** What the books hold: when it is steady, growth is the engine's. */
  readonly points: number;
  readonly objects: number;
  readonly storedMib: number;
  readonly cloudRssMib: number;
  readonly cloudHeapMib: number;
  readonly cloudCalls: number;
  readonly faultsMet: number;
}

const mib = 2 ** 20;

export async function takeSample(world: World, { startedAtMs, rounds }: { readonly startedAtMs: number; readonly rounds: Rounds }): Promise<Sample> {
  const cloud = await world.cloud.ask("measure", null);
  // what one collection frees may hold what only the next can
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate();
    globalThis.gc?.();
  }
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  const handlesByType: Record<string, number> = {};
  for (const type of process.getActiveResourcesInfo()) handlesByType[type] = (handlesByType[type] ?? 0) + 1;
  const { user, system } = process.cpuUsage();
  const { files, sockets } = await openFiles();
  return {
    atSeconds: (performance.now() - startedAtMs) / 1_000, rounds: rounds.tally.rounds, listeners: rounds.listeners,
    rssMib: rss / mib, heapUsedMib: heapUsed / mib, heapTotalMib: heapTotal / mib, externalMib: external / mib, arrayBuffersMib: arrayBuffers / mib,
    handles: Object.entries(handlesByType).reduce((sum, [type, count]) => (type.startsWith("TCP") ? sum : sum + count), 0), handlesByType,
    threads: (await readdir("/proc/self/task")).length, openFiles: files, sockets,
    temporaryFiles: (await countFiles(join(world.folder, "temporary"))) + (await countFiles(join(world.folder, "images"))),
    cpuSeconds: (user + system) / 1e6, points: places.reduce((sum, place) => sum + world.shelves[place].points.size, 0),
    objects: cloud.objects, storedMib: cloud.storedMib, cloudRssMib: cloud.rssMib, cloudHeapMib: cloud.heapUsedMib, cloudCalls: cloud.calls, faultsMet: cloud.faultsMet,
  };
}

async function openFiles(): Promise<{ readonly files: number; readonly sockets: number }> {
  let files = 0;
  let sockets = 0;
  for (const name of await readdir("/proc/self/fd")) {
    // the listing's own is closed by now
    const target = await readlink(`/proc/self/fd/${name}`).catch(() => undefined);
    if (target === undefined) continue;
    if (target.startsWith("socket:")) sockets++;
    else files++;
  }
  return { files, sockets };
}

async function countFiles(folder: string): Promise<number> {
  return (await readdir(folder, { recursive: true })).length;
}
