import { describe, expect, it } from "vitest";
import { backUp, key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { Repository } from "../repository.js";

describe("listing restore points", () => {
  it("since a time gives those begun then or later, of one resource or of all", async () => {
    const clock = new ManualClock();
    const repository = await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: { key } }, { clock });
    const volume = new MemoryVolume(2 ** 30);
    const times: Date[] = [];
    const ids: string[] = [];
    for (const number of [0, 1, 2]) {
      clock.advance(60_000);
      volume.blocks.set(number, textBlock(String(number)));
      volume.freeze(`snap-${String(number)}`);
      times.push(clock.now());
      ids.push((await backUp(repository, volume, `snap-${String(number)}`)).point.id);
    }
    for (const resource of ["111122223333/eu-west-1/vol-1", undefined]) {
      const found: string[] = [];
      for await (const { id } of repository.restorePoints({ resource, since: times[1] })) found.push(id);
      expect(found).toEqual(ids.slice(1));
    }
  });
});
