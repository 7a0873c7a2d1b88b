import { expect, it } from "vitest";
import { textBlock } from "../../../test/support/backup-world.js";
import { DedupBed, freezeAll } from "../../../test/support/dedup-bed.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { sealHere, type FrameSealer } from "../pack/sealing/frame-sealer.js";

const gib = 2 ** 30;
const minuteMs = 60_000;
const metadata = { resource: "vol-9", volumeSizeBytes: gib, method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };

/** Seals a block when it is told to: as threads that have much to do, or a store that takes packs slowly. */
function slowSealer(): { readonly sealer: FrameSealer; readonly goOn: () => void } {
  let goOn: () => void = () => undefined;
  const turn = new Promise<void>((resolve) => (goOn = resolve));
  const sealer: FrameSealer = {
    lookAhead: 4,
    isBusy: true,
    place: async () => {
      const place = await sealHere.place();
      return { begin: (seal, block) => ({ frame: turn.then(async () => await place.begin(seal, block).frame), release: () => undefined }), leave: () => undefined };
    },
  };
  return { sealer, goOn };
}

it("A block that was found by the index, and waits behind others for its turn, is not relied on when a collection condemns its pack meanwhile", async () => {
  const bed = new DedupBed();
  const repository = await bed.create();
  const volume = new MemoryVolume(gib);
  volume.blocks.set(0, textBlock("old"));
  freezeAll({ "vol-1": volume }, "snap-1");
  const { point: first } = await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-1" });
  volume.blocks.set(0, textBlock("new"));
  freezeAll({ "vol-1": volume }, "snap-2");
  await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-2" });

  const other = new MemoryVolume(gib);
  other.blocks.set(0, textBlock("slow"));
  other.blocks.set(1, textBlock("old"));
  other.freeze("snap-9");
  const reader = other.reader("snap-9");
  const point = repository.beginPoint({ resource: "vol-9", kind: "volume", tags: {} });
  const { sealer, goOn } = slowSealer();
  const writer = await point.beginVolume("vol-9", { sealer });
  writer.start("full", gib);
  expect(await writer.add(await reader.read({ index: 0 }))).toBe("stored");
  expect(await writer.add(await reader.read({ index: 1 }))).toBe("known");

  await repository.remove(first);
  const rules = { graceHours: 0, waitMinutes: 0 };
  const collector = await bed.reopen();
  expect(await collector.collectGarbage(rules)).toMatchObject({ status: "waiting" });
  // the writer's lease is renewed: it looks at what is condemned
  for (let minute = 0; minute < 4; minute++) {
    bed.clock.advance(minuteMs);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  await collector.collectGarbage(rules);
  goOn();
  await expect(point.finishVolume(writer, metadata, { volumeId: "vol-9" })).rejects.toMatchObject({ code: "PackCondemned", retryable: true });
  await point.close();
  expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 1 });
});
