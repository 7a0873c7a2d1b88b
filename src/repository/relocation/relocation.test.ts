import { describe, expect, it } from "vitest";
import { DedupBed, freezeAll } from "../../../test/support/dedup-bed.js";
import { textBlock } from "../../../test/support/backup-world.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import type { PackReference } from "../format/dictionary-page.js";
import { KeyRing } from "../keys/key-ring.js";
import { openRelocation, sealRelocation, type RelocatedFrame } from "./relocation.js";

const keys = new KeyRing(Buffer.alloc(32, 1), Buffer.alloc(16, 2));
const name = "reloc/packs-ab-abababababababababababababababab-000001/000001";

function reference(number: number): PackReference {
  return { id: { kind: "data", sessionId: "cd".repeat(16), number }, sizeBytes: 1_000 + number, sha256: Buffer.alloc(16, number), versionId: undefined, lockedUntilMs: 0 };
}

const frames: RelocatedFrame[] = [0, 100, 5_000].map((offset, position) => ({ offset, length: 90 + position, to: { reference: reference(position % 2), offset: position * 7, length: 95, compression: position % 2 } }));

describe("a relocation", () => {
  it("says of each frame where it is found, and of others nothing", () => {
    const relocation = openRelocation(keys, name, sealRelocation(keys, name, frames));
    expect([...relocation.frames()]).toEqual(frames);
    expect(relocation.packs).toEqual([reference(0), reference(1)]);
    for (const { offset, to } of frames) expect(relocation.find(offset)).toEqual(to);
    for (const offset of [1, 99, 101, 4_999, 5_001]) expect(relocation.find(offset)).toBeUndefined();
  });

  it("opens under its own name only, and with every bit as it was", () => {
    const sealed = sealRelocation(keys, name, frames);
    expect(() => openRelocation(keys, `${name.slice(0, -1)}2`, sealed)).toThrow(/damaged or forged/);
    for (let position = 0; position < sealed.length; position += 13) {
      const damaged = Buffer.from(sealed);
      damaged.writeUInt8(damaged.readUInt8(position) ^ 4, position);
      expect(() => openRelocation(keys, name, damaged)).toThrow(/damaged or forged/);
    }
  });
});

describe("packs that relocations name", () => {
  it("are collected neither before nor after the damaged pack is gone, as long as a point needs them", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const volume = new MemoryVolume(2 ** 40);
    for (const index of [0, 1]) volume.blocks.set(index, textBlock(`block ${String(index)} `));
    const states = freezeAll({ "vol-1": volume }, "snap-1");
    const { point } = await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-1" });
    const [pack] = bed.names("packs/");
    bed.store.objects.delete(pack!);
    await repository.verify({ level: "presence" });
    const { point: healing, counts } = await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-1" });
    expect(counts.healedBlocks).toBe(2);
    await repository.remove(healing, { evenNewest: true });
    // a meta pack and a data pack more than the first point has
    expect(bed.names("packs/")).toHaveLength(1);
    bed.clock.advance(30 * 86_400_000);
    const report = await repository.collectGarbage({ graceHours: 0 });
    expect(report.retiredRecords).toBe(1);
    await bed.expectHolds(await (await bed.reopen()).restorePoint(point.id), states);
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, relocatedPacks: 1 });
  });
});
