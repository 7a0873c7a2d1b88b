import { describe, expect, it } from "vitest";
import { DedupBed } from "../support/dedup-bed.js";
import { noiseBlock } from "../support/backup-world.js";
import { MemoryVolume } from "../support/memory-volume.js";

/** A repository with a data pack and a meta pack for each of five points, and what was read of them whole. */
async function fivePacks() {
  const bed = new DedupBed();
  const repository = await bed.create();
  const volume = new MemoryVolume(2 ** 40);
  for (let number = 0; number < 5; number++) {
    volume.blocks.set(number * 256, noiseBlock());
    volume.freeze(`snap-${String(number)}`);
    await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: `snap-${String(number)}` });
  }
  const read: string[] = [];
  const get = bed.store.get.bind(bed.store);
  bed.store.get = async (name, options) => {
    if (/^(packs|meta)\//.test(name) && options?.range === undefined) read.push(name);
    return await get(name, options);
  };
  const takeRead = (): string[] => {
    bed.clock.advance(60_000);
    return read.splice(0);
  };
  return { bed, repository, takeRead, all: [...bed.names("packs/"), ...bed.names("meta/")].sort() };
}

describe("a verification with a budget", () => {
  it("stops where the bytes are spent, and comes round to all packs before it reads one again", async () => {
    const { repository, takeRead, all } = await fivePacks();
    const seen: string[] = [];
    for (let run = 0; run < 100 && seen.length < all.length + 2; run++) {
      const report = await repository.verify({ level: "data", budget: { bytes: 1_100_000 } });
      expect(report.readBytes).toBeLessThanOrEqual(1_100_000);
      expect(report.isHealthy).toBe(true);
      const read = takeRead();
      expect(read.length).toBe(report.readPacks);
      expect(report.readPacks + report.unreadPacks).toBe(all.length);
      seen.push(...read);
    }
    // three packs are read at the same time, so the last run may begin one that was read before together with the last that was not
    expect([...new Set(seen)].sort()).toEqual(all);
    for (const name of all) expect(seen.filter((one) => one === name).length).toBeLessThanOrEqual(2);
  });

  it("says that it is not complete, and reads nothing where there is nothing to spend", async () => {
    const { repository, takeRead, all } = await fivePacks();
    expect(await repository.verify({ level: "data", budget: { bytes: 0 } })).toMatchObject({ isComplete: false, readPacks: 0, unreadPacks: all.length });
    expect(await repository.verify({ level: "data", budget: { durationMs: 0 } })).toMatchObject({ isComplete: false, readPacks: 0 });
    expect(takeRead()).toEqual([]);
    expect(await repository.verify({ level: "data", budget: { bytes: 1e9 } })).toMatchObject({ isComplete: true, readPacks: all.length, unreadPacks: 0 });
  });

  it("goes on where a verification was cut short, when told since when", async () => {
    const { bed, repository, takeRead, all } = await fivePacks();
    const startedAt = bed.clock.now();
    const controller = new AbortController();
    const reason = new Error("enough");
    const cut = repository.verify({
      level: "data",
      signal: controller.signal,
      onProgress: ({ phase, done }) => {
        if (phase === "data" && done === 4) controller.abort(reason);
      },
    });
    await expect(cut).rejects.toBe(reason);
    const first = new Set(takeRead());
    expect(first.size).toBeLessThan(all.length);
    const rest = await (await bed.reopen()).verify({ level: "data", since: startedAt });
    expect(rest).toMatchObject({ isHealthy: true, isComplete: true });
    const second = takeRead();
    expect(new Set([...first, ...second])).toEqual(new Set(all));
    expect(second.length).toBeLessThanOrEqual(all.length - 4);
  });

  it("loses nothing but its memory where that is damaged", async () => {
    const { bed, repository, takeRead, all } = await fivePacks();
    await repository.verify({ level: "data" });
    takeRead();
    for (const name of bed.names("verify/")) bed.store.objects.set(name, Buffer.from("nonsense"));
    expect(await repository.verify({ level: "data", since: new Date(0) })).toMatchObject({ isHealthy: true, readPacks: all.length });
  });

  it("refuses options that make no sense, by their path", async () => {
    const { repository } = await fivePacks();
    const wrong = async (options: object, path: string): Promise<void> => {
      await expect(repository.verify({ level: "data", ...options })).rejects.toMatchObject({ code: "InvalidOption", context: { path } });
    };
    await wrong({ sample: 0 }, "sample");
    await wrong({ budget: { bytes: -1 } }, "budget.bytes");
    await wrong({ budget: { hours: 1 } }, "budget.hours");
    await wrong({ since: "yesterday" }, "since");
    await wrong({ depth: 1 }, "depth");
    await expect(repository.repair({ dryRun: "yes" as unknown as boolean })).rejects.toMatchObject({ context: { path: "dryRun" } });
  });
});
