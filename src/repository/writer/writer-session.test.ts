import { describe, expect, it } from "vitest";
import { DedupBed } from "../../../test/support/dedup-bed.js";
import { textBlock } from "../../../test/support/backup-world.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { ConflictError, ProviderError } from "../../errors/index.js";
import type { PointWriter } from "./point-writer.js";
import type { VolumeWriter } from "./volume-writer.js";

const minuteMs = 60_000;
const metadata = { resource: "vol-1", volumeSizeBytes: 2 ** 30, method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };

/** A run that has a lease and waits. */
async function begin(bed: DedupBed): Promise<{ point: PointWriter; writer: VolumeWriter; lease: string }> {
  const repository = await bed.create();
  const point = repository.beginPoint({ resource: "vol-1", kind: "volume", tags: {} });
  const writer = await point.beginVolume("vol-1");
  writer.start("full", 2 ** 30);
  return { point, writer, lease: bed.names("sess/")[0]! };
}

/** Lets whatever is ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function passMinutes(bed: DedupBed, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    bed.clock.advance(minuteMs);
    await settle();
  }
}

async function addOne(writer: VolumeWriter): Promise<void> {
  const volume = new MemoryVolume(2 ** 30);
  volume.blocks.set(0, textBlock("data"));
  volume.freeze("snap");
  await writer.add(await volume.reader("snap").read({ index: 0 }));
}

describe("a writer's lease", () => {
  it("is renewed while the run waits for an hour, and the run commits", async () => {
    const bed = new DedupBed();
    const { point, writer, lease } = await begin(bed);
    const renewals: string[] = [];
    bed.store.onPut = (name) => void renewals.push(name);
    await passMinutes(bed, 60);
    expect(renewals).toEqual(Array.from({ length: 20 }, () => lease));
    await addOne(writer);
    await point.finishVolume(writer, metadata, { volumeId: "vol-1" });
    await point.commit();
    expect(bed.clock.timers).toBe(0);
    expect(bed.names("sess/")).toEqual([]);
    const after = renewals.length;
    await passMinutes(bed, 10);
    expect(renewals).toHaveLength(after);
  });

  it("is lost by a process that stood still for longer than its term: it can not commit", async () => {
    const bed = new DedupBed();
    const { point, writer } = await begin(bed);
    await addOne(writer);
    bed.clock.advance(11 * minuteMs);
    await expect(point.finishVolume(writer, metadata, { volumeId: "vol-1" })).rejects.toMatchObject({ code: "LeaseLost", retryable: true });
    expect(bed.names("log/")).toEqual([]);
    await point.close();
    expect(bed.clock.timers).toBe(0);
  });

  it("is not committed over when it was lost after the record", async () => {
    const bed = new DedupBed();
    const { point, writer } = await begin(bed);
    await addOne(writer);
    await point.finishVolume(writer, metadata, { volumeId: "vol-1" });
    bed.clock.advance(11 * minuteMs);
    await expect(point.commit()).rejects.toMatchObject({ code: "LeaseLost" });
    expect(bed.names("groups/")).toEqual([]);
    await point.close();
  });

  it("ends the run when somebody removed or replaced it", async () => {
    for (const harm of ["removed", "replaced"]) {
      const bed = new DedupBed();
      const { point, writer, lease } = await begin(bed);
      if (harm === "removed") bed.store.objects.delete(lease);
      else bed.store.objects.set(lease, Buffer.from("retired"));
      await passMinutes(bed, 4);
      await expect(addOne(writer), harm).rejects.toMatchObject({ code: "LeaseLost" });
      await point.close();
      expect(bed.clock.timers).toBe(0);
    }
  });

  it("outlives failures of the store that are shorter than its term", async () => {
    const bed = new DedupBed();
    const { point, writer } = await begin(bed);
    const down = new ProviderError("The store does not answer.", { code: "ServiceUnavailable", service: "memory", operation: "put", retryable: true });
    bed.store.onPut = () => {
      throw down;
    };
    await passMinutes(bed, 8);
    bed.store.onPut = () => undefined;
    await passMinutes(bed, 20);
    await addOne(writer);
    await point.finishVolume(writer, metadata, { volumeId: "vol-1" });
    await point.commit();
  });

  it("is lost when the store fails for longer, without an unhandled rejection", async () => {
    const bed = new DedupBed();
    const { point, writer } = await begin(bed);
    bed.store.onPut = () => {
      throw new Error("The store is gone.");
    };
    await passMinutes(bed, 12);
    await expect(addOne(writer)).rejects.toMatchObject({ code: "LeaseLost" });
    bed.store.onPut = () => undefined;
    await point.close();
    expect(bed.clock.timers).toBe(0);
  });

  it("stands when a renewal took effect and its answer was lost", async () => {
    for (const lost of ["once, answered by a conflict", "wholly"]) {
      const bed = new DedupBed();
      const { point, writer, lease } = await begin(bed);
      const put = bed.store.put.bind(bed.store);
      let losses = 1;
      bed.store.put = async (name, body, options) => {
        const info = await put(name, body, options);
        if (name !== lease || losses-- <= 0) return info;
        throw lost === "wholly" ? new Error("connection reset") : new ConflictError("tried again inside", { code: "ConditionFailed" });
      };
      await passMinutes(bed, 15);
      expect(losses).toBeLessThan(0);
      await addOne(writer);
      await point.finishVolume(writer, metadata, { volumeId: "vol-1" });
      await point.commit();
    }
  });
});
