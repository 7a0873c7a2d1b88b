import fc from "fast-check";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalClock } from "../local-clock.js";
import { blockBytes, blocksPerGib } from "./block-size.js";
import { BlockStorage } from "./block-storage.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-blocks-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const clock = new LocalClock();
const open = (directory = join(folder, "blocks")): Promise<BlockStorage> => BlockStorage.open({ directory, clock });
const facts = { accountId: "111122223333", region: "eu-west-1", availabilityZone: "eu-west-1a", volumeType: "gp3", encrypted: false, tags: {} };

async function read(storage: BlockStorage, volumeId: string, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await storage.readVolume(volumeId, offset, bytes);
  return bytes;
}

/** The first blocks of a volume, by a plain array: what the storage must agree with. */
const modelBlocks = 4;
const modelBytes = modelBlocks * blockBytes;

interface Model {
  readonly volumes: { readonly id: string; bytes: Buffer }[];
  readonly snapshots: { readonly id: string; readonly bytes: Buffer; readonly volume: number }[];
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), volume: fc.nat(), offset: fc.nat(modelBytes - 1), length: fc.nat(blockBytes * 2), fill: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("trim" as const), volume: fc.nat(), offset: fc.nat(modelBytes - 1), length: fc.nat(modelBytes) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("snapshot" as const), volume: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("volume" as const), snapshot: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), snapshot: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

async function expectAgrees(storage: BlockStorage, model: Model): Promise<void> {
  for (const { id, bytes } of model.volumes) expect((await read(storage, id, 0, modelBytes)).equals(bytes), id).toBe(true);
  const block = Buffer.alloc(blockBytes);
  for (const { id, bytes } of model.snapshots) {
    const written = new Set(storage.listBlocks(id, 0, blocksPerGib).blocks);
    for (let index = 0; index < modelBlocks; index++) {
      block.fill(0);
      expect((await storage.readBlock(id, index, block)) !== undefined).toBe(written.has(index));
      expect(block.equals(bytes.subarray(index * blockBytes, (index + 1) * blockBytes)), `${id} ${index}`).toBe(true);
    }
  }
  for (const first of model.snapshots.slice(-3)) {
    for (const second of model.snapshots.slice(-3)) {
      if (storage.snapshot(first.id)?.lineageId !== storage.snapshot(second.id)?.lineageId) continue;
      const { blocks } = await storage.listChangedBlocks(first.id, second.id, 0, blocksPerGib);
      const changed = new Set(blocks.map(({ blockIndex }) => blockIndex));
      for (let index = 0; index < modelBlocks; index++) {
        const range = [index * blockBytes, (index + 1) * blockBytes] as const;
        // unwritten and written with zeros read the same, and may be told as a change
        if (!first.bytes.subarray(...range).equals(second.bytes.subarray(...range))) expect(changed.has(index)).toBe(true);
      }
    }
  }
}

describe("the store of volumes and snapshots", () => {
  it("agrees with plain arrays over any history of writes, trims, snapshots, volumes of snapshots and restarts", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const directory = join(folder, String(run++));
        let storage = await open(directory);
        const first = storage.createVolume({ ...facts, sizeGib: 1 });
        const model: Model = { volumes: [{ id: first.volumeId, bytes: Buffer.alloc(modelBytes) }], snapshots: [] };
        for (const each of steps) {
          const volume = "volume" in each ? model.volumes[each.volume % model.volumes.length] : undefined;
          const snapshot = "snapshot" in each && model.snapshots.length > 0 ? model.snapshots[each.snapshot % model.snapshots.length] : undefined;
          if (each.kind === "write" && volume !== undefined) {
            const bytes = Buffer.alloc(Math.min(each.length, modelBytes - each.offset), each.fill);
            await storage.writeVolume(volume.id, each.offset, bytes);
            bytes.copy(volume.bytes, each.offset);
          } else if (each.kind === "trim" && volume !== undefined) {
            const length = Math.min(each.length, modelBytes - each.offset);
            await storage.trimVolume(volume.id, each.offset, length);
            volume.bytes.fill(0, each.offset, each.offset + length);
          } else if (each.kind === "snapshot" && volume !== undefined) {
            const [made] = await storage.createSnapshots([{ volumeId: volume.id, description: "", tags: {} }]);
            if (made !== undefined) model.snapshots.push({ id: made.snapshotId, bytes: Buffer.from(volume.bytes), volume: each.volume });
          } else if (each.kind === "volume" && snapshot !== undefined) {
            const made = storage.createVolume({ ...facts, sizeGib: 1, snapshotId: snapshot.id });
            model.volumes.push({ id: made.volumeId, bytes: Buffer.from(snapshot.bytes) });
          } else if (each.kind === "delete" && snapshot !== undefined) {
            storage.deleteSnapshot(snapshot.id);
            model.snapshots.splice(model.snapshots.indexOf(snapshot), 1);
          } else if (each.kind === "restart") {
            storage.close();
            storage = await open(directory);
          }
        }
        await expectAgrees(storage, model);
        for (const { id } of model.volumes) storage.deleteVolume(id);
        for (const { id } of model.snapshots) storage.deleteSnapshot(id);
        expect(readdirSync(join(directory, "layers")).flatMap((group) => readdirSync(join(directory, "layers", group)))).toEqual([]);
        storage.close();
        await rm(directory, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  it("freezes all volumes of a set at one moment: a write that runs beside lands wholly before or after", async () => {
    const storage = await open();
    const { volumeId } = storage.createVolume({ ...facts, sizeGib: 1 });
    const twoBlocks = (fill: number): Buffer => Buffer.alloc(2 * blockBytes, fill);
    for (let round = 1; round <= 20; round++) {
      const write = storage.writeVolume(volumeId, 0, twoBlocks(round));
      const [snapshots] = await Promise.all([storage.createSnapshots([{ volumeId, description: "", tags: {} }]), write]);
      const [first, second] = [Buffer.alloc(blockBytes), Buffer.alloc(blockBytes)];
      await storage.readBlock(snapshots[0]?.snapshotId ?? "", 0, first);
      await storage.readBlock(snapshots[0]?.snapshotId ?? "", 1, second);
      expect(first.equals(second)).toBe(true);
    }
    storage.close();
  });

  it("goes on after a log that was cut short, and refuses one that is damaged", async () => {
    const storage = await open();
    const { volumeId } = storage.createVolume({ ...facts, sizeGib: 1 });
    storage.close();
    const path = join(folder, "blocks", "records");
    await writeFile(path, '1234abcd [["volume","vol-', { flag: "a" });
    const again = await open();
    expect(again.volume(volumeId)).toMatchObject({ volumeId, sizeGib: 1 });
    again.close();
    await writeFile(path, '1234abcd [["volume","vol-1",{}]]\n', { flag: "a" });
    await expect(open()).rejects.toThrow(/damaged record/);
  });

  it("holds blocks at the end of 64 TiB, and costs what is written", async () => {
    const storage = await open();
    const { volumeId } = storage.createVolume({ ...facts, sizeGib: 65_536 });
    const end = 65_536 * 2 ** 30;
    await storage.writeVolume(volumeId, end - 10, Buffer.from("0123456789"));
    await storage.writeVolume(volumeId, end / 2 - 3, Buffer.from("middle"));
    const [snapshot] = await storage.createSnapshots([{ volumeId, description: "", tags: {} }]);
    expect(storage.listBlocks(snapshot?.snapshotId ?? "", 0, 10).blocks).toEqual([2 ** 26 - 1, 2 ** 26, 2 ** 27 - 1]);
    expect((await read(storage, volumeId, end - 10, 10)).toString()).toBe("0123456789");
    await expect(storage.writeVolume(volumeId, end - 1, Buffer.alloc(2))).rejects.toThrow(RangeError);
    await storage.trimVolume(volumeId, 0, end);
    expect(storage.listVolumeBlocks(volumeId, 0, 10).blocks).toEqual([]);
    storage.close();
  });
});
