import { describe, expect, it } from "vitest";
import { Repository } from "../src/index.js";
import { backUp, expectRestores, key, newRepository, noiseBlock, storageOf, textBlock } from "./support/backup-world.js";
import { MemoryObjectStore } from "./support/memory-object-store.js";
import { MemoryVolume } from "./support/memory-volume.js";

const zeroBlock = textBlock("\0");

function smallVolume(): MemoryVolume {
  const volume = new MemoryVolume(2 ** 46);
  for (const index of [0, 1, 5, 300, 70_000, 2 ** 27 - 1]) volume.blocks.set(index, index % 2 === 0 ? noiseBlock() : textBlock(`block ${String(index)} `));
  volume.blocks.set(6, zeroBlock);
  return volume;
}

describe("a volume's backup and restore", () => {
  it("gives back every restore point byte for byte, after changes, deletions and growth", async () => {
    const { repository } = await newRepository();
    const volume = smallVolume();
    const first = { state: volume.freeze("snap-1"), ...(await backUp(repository, volume, "snap-1")) };
    volume.blocks.set(1, textBlock("changed "));
    volume.blocks.delete(300);
    volume.blocks.set(9000, noiseBlock());
    const readsBefore = volume.reads;
    const second = { state: volume.freeze("snap-2"), ...(await backUp(repository, volume, "snap-2")) };
    expect(second.method).toBe("incremental");
    expect(volume.reads - readsBefore).toBe(2);
    await expectRestores(first.point, first.state);
    await expectRestores(second.point, second.state);
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 2 });
  });

  it("falls back to a full read when the base snapshot is gone, and stores nothing anew", async () => {
    const { repository, store } = await newRepository();
    const volume = smallVolume();
    volume.freeze("snap-1");
    await backUp(repository, volume, "snap-1");
    volume.forget("snap-1");
    const packs = [...store.objects.keys()].filter((name) => name.startsWith("packs/"));
    const state = volume.freeze("snap-2");
    const { point, method } = await backUp(repository, volume, "snap-2");
    expect(method).toBe("full");
    expect([...store.objects.keys()].filter((name) => name.startsWith("packs/"))).toEqual(packs);
    await expectRestores(point, state);
  });

  it("stores equal blocks once", async () => {
    const { repository, store } = await newRepository();
    const volume = new MemoryVolume(2 ** 30);
    const same = noiseBlock();
    for (let index = 0; index < 40; index++) volume.blocks.set(index, same);
    const state = volume.freeze("snap-1");
    const { point } = await backUp(repository, volume, "snap-1");
    const stored = [...store.objects].filter(([name]) => name.startsWith("packs/")).reduce((sum, [, bytes]) => sum + bytes.length, 0);
    expect(stored).toBeLessThan(2 * same.length);
    await expectRestores(point, state);
  });

  it("catches a changed-block list that leaves out a change", async () => {
    const { repository } = await newRepository();
    const volume = new MemoryVolume(2 ** 30);
    volume.blocks.set(3, textBlock("before "));
    volume.freeze("snap-1");
    await backUp(repository, volume, "snap-1");
    volume.blocks.set(3, textBlock("after "));
    volume.freeze("snap-2");
    const original = volume.reader.bind(volume);
    volume.reader = (snapshotId) => ({ ...original(snapshotId), changesSince: () => nothing() });
    await expect(backUp(repository, volume, "snap-2", 200)).rejects.toMatchObject({ code: "WrongChangedBlockList" });
    expect(await repository.verify({ level: "metadata" })).toMatchObject({ restorePoints: 1 });
  });

  it("loses no earlier point when the process dies at any write, and the next run succeeds", async () => {
    const { store, repository } = await newRepository();
    const volume = smallVolume();
    const first = { state: volume.freeze("snap-1"), ...(await backUp(repository, volume, "snap-1")) };
    const before = new Map(store.objects);
    let boundaries = 0;
    for (let survived = 0; ; survived++) {
      store.objects.clear();
      for (const [name, bytes] of before) store.objects.set(name, bytes);
      volume.blocks.set(1, textBlock(`change ${String(survived)} `));
      volume.blocks.set(2000 + survived, noiseBlock());
      const state = volume.freeze("snap-2");
      let writes = 0;
      store.onPut = () => {
        if (writes++ >= survived) throw new Error("killed");
      };
      const outcome = await backUp(repository, volume, "snap-2").catch((error: unknown) => error);
      store.onPut = () => undefined;
      const reopened = await Repository.open({ storage: storageOf(store), encryption: { key } });
      await expectRestores(await reopened.restorePoint(first.point.id), first.state);
      const next = await backUp(reopened, volume, "snap-2");
      await expectRestores(next.point, state);
      boundaries++;
      if (!(outcome instanceof Error)) break;
    }
    expect(boundaries).toBeGreaterThanOrEqual(6);
  });

  it("reports each damaged object with the restore points that need it", async () => {
    const { store, repository } = await newRepository();
    const volume = smallVolume();
    volume.freeze("snap-1");
    const { point } = await backUp(repository, volume, "snap-1");
    for (const [name, bytes] of [...store.objects].filter(([candidate]) => /^(packs|meta|log|groups)\//.test(candidate))) {
      for (const position of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const damaged = Buffer.from(bytes);
        damaged.writeUInt8(damaged.readUInt8(position) ^ 1, position);
        store.objects.set(name, damaged);
        const report = await repository.verify({ level: "data" });
        expect(report.isHealthy, `${name} at ${String(position)}`).toBe(false);
        if (!name.startsWith("groups/")) expect(report.findings.flatMap((finding) => finding.restorePoints)).toContain(point.id);
      }
      store.objects.set(name, bytes);
    }
    expect((await repository.verify({ level: "data" })).isHealthy).toBe(true);
  });
});

describe("opening a repository", () => {
  it("says what is wrong, by code, before anything is made", async () => {
    const { store } = await newRepository();
    const storage = storageOf(store);
    await expect(Repository.open({ storage, encryption: { key: Buffer.alloc(32, 8) } })).rejects.toMatchObject({ code: "WrongKey" });
    await expect(Repository.open({ storage, encryption: "none" })).rejects.toMatchObject({ code: "WrongKey" });
    await expect(Repository.create({ storage, encryption: { key } })).rejects.toMatchObject({ code: "RepositoryExists" });
    await expect(Repository.open({ storage: storageOf(new MemoryObjectStore()), encryption: { key } })).rejects.toMatchObject({ code: "RepositoryNotFound" });
    await expect(Repository.create({ storage, encryption: { passphrase: "short" } })).rejects.toMatchObject({ code: "InvalidOption", context: { path: "encryption.passphrase" } });
    const configuration = store.objects.get("holdfast.json") ?? Buffer.alloc(0);
    store.objects.set("holdfast.json", Buffer.from(configuration.toString().replace('"version": 1', '"version": 2')));
    await expect(Repository.open({ storage, encryption: { key } })).rejects.toMatchObject({ code: "NewerFormat" });
    store.objects.set("holdfast.json", Buffer.from(configuration.toString().replace(/"createdAt": "\d{4}/, '"createdAt": "1999')));
    await expect(Repository.open({ storage, encryption: { key } })).rejects.toMatchObject({ code: "DamagedConfiguration" });
    store.objects.set("holdfast.json", Buffer.from("hello"));
    await expect(Repository.open({ storage, encryption: { key } })).rejects.toMatchObject({ code: "NotARepository" });
  });

  it("opens with its passphrase, and with no other", async () => {
    const store = new MemoryObjectStore();
    const storage = storageOf(store);
    await Repository.create({ storage, encryption: { passphrase: "correct horse battery" } });
    await Repository.open({ storage, encryption: { passphrase: "correct horse battery" } });
    await expect(Repository.open({ storage, encryption: { passphrase: "correct horse batterx" } })).rejects.toMatchObject({ code: "WrongKey" });
  });
});

async function* nothing(): AsyncGenerator<never> {
  yield* await Promise.resolve([]);
}
