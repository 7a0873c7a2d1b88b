import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { directoryStorage, Repository, type EncryptionOptions } from "../../src/index.js";
import { restoreVolume } from "../../src/transfer/restore-volume.js";
import { MemoryBlockWriter } from "../support/memory-volume.js";
import { secrets, states, volumeSizeBytes } from "./contents.js";

const folder = fileURLToPath(new URL(".", import.meta.url));
const versions = (await readdir(folder)).filter((name) => /^v\d+$/.test(name));
const scratch = await mkdtemp(join(tmpdir(), "holdfast-golden-"));

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

const ways: Readonly<Record<string, EncryptionOptions>> = { "its passphrase": { passphrase: secrets.passphrase }, "its key": { key: secrets.key } };

describe.each(versions)("the golden repository %s", (version) => {
  it.each(Object.entries(ways))("opens by %s, and each point restores byte for byte", async (_name, encryption) => {
    const repository = await Repository.open({ storage: directoryStorage(join(folder, version)), encryption });
    const seen: string[] = [];
    for await (const point of repository.restorePoints()) {
      const snapshotId = point.volumes[0]?.snapshotId ?? "";
      seen.push(snapshotId);
      expect(point).toMatchObject({ kind: "volume", tags: { made: "for ever" }, volumes: [{ volumeId: "vol-golden", sizeBytes: volumeSizeBytes }] });
      const writer = new MemoryBlockWriter();
      await restoreVolume(await point.blockMap(), writer);
      const state = states[snapshotId] ?? new Map<number, Buffer>();
      expect([...writer.blocks.keys()].sort((a, b) => a - b)).toEqual([...state.keys()]);
      for (const [index, data] of state) expect(writer.blocks.get(index)?.equals(data), `block ${String(index)} of ${snapshotId}`).toBe(true);
    }
    expect(seen).toEqual(Object.keys(states));
  });

  it("is healthy, and goes on to be used: a copy of it is verified, collected and compacted", async () => {
    const copy = join(scratch, version);
    await cp(join(folder, version), copy, { recursive: true });
    const repository = await Repository.open({ storage: directoryStorage(copy), encryption: { key: secrets.key } });
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 2, findings: [] });
    await repository.collectGarbage({ graceHours: 0 });
    await repository.compact({ graceHours: 0, maxLiveShare: 0.9 });
    await repository.index.rebuild();
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 2, findings: [] });
  });
});
