import { expect } from "vitest";
import { HoldfastError, Repository } from "../../src/index.js";
import { blockSizeBytes } from "../../src/ports/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { restoreVolume } from "../../src/transfer/restore-volume.js";
import { backUp, key, newRepository, storageOf, textBlock } from "./backup-world.js";
import type { MemoryObjectStore } from "./memory-object-store.js";
import { MemoryBlockWriter, MemoryVolume } from "./memory-volume.js";

/** What a restore point must give back. */
export interface KnownPoint {
  readonly point: RestorePoint;
  readonly state: ReadonlyMap<number, Buffer>;
}

/** A repository with points whose content is known, to do damage to. */
export interface DamageWorld {
  readonly store: MemoryObjectStore;
  readonly repository: Repository;
  readonly volume: MemoryVolume;
  readonly points: readonly KnownPoint[];
}

/** Two points of one volume whose blocks compress to some dozen bytes, so that every byte can have its turn. */
export async function smallWorld(): Promise<DamageWorld> {
  const { store, repository } = await newRepository();
  const volume = new MemoryVolume(2 ** 40);
  for (const index of [0, 1, 5, 300, 70_000]) volume.blocks.set(index, textBlock(`block ${String(index)} `));
  const points: KnownPoint[] = [];
  const add = async (snapshotId: string): Promise<void> => {
    const state = volume.freeze(snapshotId);
    const { point } = await backUp(repository, volume, snapshotId);
    points.push({ point, state });
  };
  await add("snap-1");
  volume.blocks.set(1, textBlock("changed "));
  volume.blocks.set(301, textBlock("added "));
  await add("snap-2");
  return { store, repository, volume, points };
}

/** Opens the same store again: nothing is remembered. */
export async function reopen({ store }: Pick<DamageWorld, "store">): Promise<Repository> {
  return await Repository.open({ storage: storageOf(store), encryption: { key } });
}

export function flipped(bytes: Buffer, position: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(position) ^ (1 << (position % 8)), position);
  return copy;
}

/** What a restore of the point comes to: all of it right, or an error of the engine. A wrong byte fails the test. */
export async function restoreOrRaise(repository: Repository, { point: { id }, state }: KnownPoint): Promise<"right" | HoldfastError> {
  const writer = new MemoryBlockWriter();
  const zero = Buffer.alloc(blockSizeBytes);
  const isRight = (index: number, data: Buffer): boolean => data.equals(state.get(index) ?? zero);
  try {
    await restoreVolume(await (await repository.restorePoint(id)).blockMap(), writer);
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error;
    for (const [index, data] of writer.blocks) expect(isRight(index, data), `block ${String(index)} was restored wrong`).toBe(true);
    return error;
  }
  for (const [index, data] of writer.blocks) expect(isRight(index, data), `block ${String(index)} was restored wrong`).toBe(true);
  for (const [index, data] of state) if (!data.equals(zero)) expect(writer.blocks.has(index), `block ${String(index)} was left out`).toBe(true);
  return "right";
}

/** Puts `bytes` (or nothing) in the place of an object, and checks: verification names it, and no restore gives anything wrong. */
export async function expectNoticed(world: DamageWorld, name: string, bytes: Buffer | undefined, what: string): Promise<void> {
  // memory of native code is given back between turns of the event loop, which a store in memory never waits for
  await new Promise((resolve) => setImmediate(resolve));
  const before = world.store.objects.get(name);
  if (bytes === undefined) world.store.objects.delete(name);
  else world.store.objects.set(name, bytes);
  const report = await world.repository.verify({ level: "data", quarantine: false });
  expect(report.findings.map(({ object }) => object), `${name}: ${what}`).toContain(name);
  // the index is a cache
  expect(report.isHealthy).toBe(name.startsWith("idx/"));
  const losers = new Set<string>();
  for (const known of world.points) if ((await restoreOrRaise(world.repository, known)) !== "right") losers.add(known.point.id);
  const named = new Set(report.findings.flatMap(({ restorePoints }) => restorePoints));
  for (const id of losers) expect(named.has(id), `${name}: ${what}: ${id} cannot be restored and is not named`).toBe(true);
  if (before === undefined) world.store.objects.delete(name);
  else world.store.objects.set(name, before);
}
