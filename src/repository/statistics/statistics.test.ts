import { describe, expect, it } from "vitest";
import { blockSizeBytes } from "../../ports/index.js";
import { CopyBed } from "../../../test/support/copy-bed.js";
import { noiseBlock, textBlock } from "../../../test/support/backup-world.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { usEast1Prices, type S3Prices } from "../../prices/s3-prices.js";
import type { StatisticsOptions } from "./statistics-options.js";

const gib = 2 ** 30;
const days = (count: number): number => count * 24 * 60 * 60_000;

async function grown() {
  const bed = new CopyBed({ archive: true });
  const repository = await bed.create();
  const one = new MemoryVolume(8 * gib);
  for (let index = 0; index < 10; index++) one.blocks.set(index, noiseBlock());
  const first = await bed.backUp(repository, "vol-1", { "vol-1": one }, "snap-1");
  bed.clock.advance(days(1));
  one.blocks.set(3, textBlock("changed "));
  one.blocks.delete(4);
  const second = await bed.backUp(repository, "vol-1", { "vol-1": one }, "snap-2");
  bed.clock.advance(days(31));
  const other = await bed.backUp(repository, "i-1", { "vol-1": one, "vol-2": new MemoryVolume(gib) }, "snap-3");
  return { bed, repository, first, second, other };
}

describe("a repository's statistics", () => {
  it("count logical, unique and stored bytes by point and resource, and how they grew", async () => {
    const { bed, repository, first, second, other } = await grown();
    const statistics = await repository.statistics();
    expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
    const ids = new Map(statistics.points.map((point) => [point.point, point]));
    expect(ids.get(first.point.id)).toMatchObject({ volumes: 1, volumeBytes: 8 * gib, dataBytes: 10 * blockSizeBytes, addedBlocks: 10 });
    expect(ids.get(second.point.id)).toMatchObject({ dataBytes: 9 * blockSizeBytes, addedBlocks: 1 });
    expect(ids.get(other.point.id)).toMatchObject({ volumes: 2, volumeBytes: 9 * gib, dataBytes: 9 * blockSizeBytes, addedBlocks: 0, addedBytes: 0 });
    expect(statistics.resources.find(({ resource }) => resource.endsWith("vol-1"))).toMatchObject({ points: 2, dataBytes: 9 * blockSizeBytes, allDataBytes: 19 * blockSizeBytes, addedBlocks: 11, oldestAt: first.point.createdAt.toISOString(), newestAt: second.point.createdAt.toISOString() });
    expect(statistics.byDay.map(({ points, addedBlocks }) => [points, addedBlocks])).toEqual([[1, 10], [1, 1], [1, 0]]);
    expect(statistics.byMonth.map(({ points, addedBlocks }) => [points, addedBlocks])).toEqual([[2, 11], [1, 0]]);
    expect(statistics.byMonth.at(-1)?.totalAddedBytes).toBe(statistics.points.reduce((sum, { addedBytes }) => sum + addedBytes, 0));

    // what lies in the store, counted without the engine
    const { whole } = statistics;
    const bytes = (prefix: string): number => bed.names(prefix).reduce((sum, name) => sum + (bed.store.objects.get(name)?.length ?? 0), 0);
    expect(whole?.stored).toMatchObject({ dataPacks: { objects: 2, bytes: bytes("packs/") }, metaPacks: { bytes: bytes("meta/") }, records: { objects: 4, bytes: bytes("log/") }, groups: { objects: 3 }, total: { objects: bed.store.objects.size, bytes: bytes("") } });
    expect(whole?.unique).toEqual({ blocks: new Set(bed.storedBlocks()).size, bytes: 11 * blockSizeBytes, isExact: true });
    expect(whole?.ratio?.deduplication).toBeCloseTo(28 / 11, 10);
    expect(whole?.ratio?.total).toBeCloseTo((28 * blockSizeBytes) / bytes(""), 10);
  });

  it("say what it costs by prices that can be replaced, and nothing where there are none", async () => {
    const { bed, repository } = await grown();
    const { whole } = await repository.statistics();
    const packs = whole?.stored.dataPacks ?? { objects: 0, bytes: 0 };
    const total = whole?.stored.total ?? { objects: 0, bytes: 0 };
    const archive = ((packs.bytes + packs.objects * 32_768) * 0.0036 + packs.objects * 8_192 * 0.023) / gib;
    expect(whole?.cost).toMatchObject({ dataClass: "GLACIER", region: "us-east-1", asOf: usEast1Prices.asOf });
    expect(whole?.cost?.perMonth).toBeCloseTo(archive + ((total.bytes - packs.bytes) * 0.023) / gib, 12);
    expect(whole?.cost?.puts).toBeCloseTo((packs.objects * 0.03 + (total.objects - packs.objects) * 0.005) / 1_000, 12);
    const own: S3Prices = { region: "moon-1", asOf: "2030-01", currency: "USD", classes: {} };
    expect((await repository.statistics({ prices: own })).whole?.cost).toBeUndefined();
    const hot = new CopyBed({ clock: bed.clock });
    expect((await (await hot.create()).statistics()).whole).toMatchObject({ unique: { blocks: 0, isExact: true }, stored: { total: { objects: 2 } } });
  });

  it("say which bytes only one point reaches, where that is asked for", async () => {
    const { bed, repository, first, second, other } = await grown();
    const { points } = await repository.statistics({ exclusive: true });
    const exclusive = new Map(points.map(({ point, exclusiveBytes }) => [point, exclusiveBytes]));
    expect([first, second, other].map(({ point }) => exclusive.get(point.id))).toEqual([0, 0, 0]);
    bed.store.objects.delete(bed.names("groups/").find((name) => name.endsWith(other.point.id.split("-")[1] ?? "")) ?? "");
    const after = await repository.statistics({ exclusive: true });
    expect(after.points.find(({ point }) => point === second.point.id)?.exclusiveBytes).toBe(Math.min(...bed.names("packs/").map((name) => bed.store.objects.get(name)?.length ?? 0)));
  });

  it("are had for one resource without listing the rest, and refuse what is no option", async () => {
    const { repository } = await grown();
    const statistics = await repository.statistics({ resource: "111122223333/eu-west-1/i-1" });
    expect(statistics).toMatchObject({ points: [{ volumes: 2 }], logical: { volumeBytes: 9 * gib } });
    expect(statistics.whole).toBeUndefined();
    await expect(repository.statistics({ resource: "x", exclusive: true })).rejects.toMatchObject({ code: "InvalidOption", context: { path: "exclusive" } });
    await expect(repository.statistics({ prices: {} } as StatisticsOptions)).rejects.toMatchObject({ context: { path: "prices.region" } });
  });
});
