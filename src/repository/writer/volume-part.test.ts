import { describe, expect, it } from "vitest";
import { newRepository, textBlock } from "../../../test/support/backup-world.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { systemRandom } from "../../system/index.js";
import { backupVolume } from "../../transfer/backup-volume.js";

const resource = "111122223333/eu-west-1/vol-1";

/** A part of a point whose backup is stopped at its third block. */
async function stopped(options: { readonly isContinued?: boolean }): Promise<{ readonly names: readonly string[]; readonly resumable: string | undefined }> {
  const { store, repository } = await newRepository();
  const volume = new MemoryVolume(2 ** 30);
  for (let index = 0; index < 5; index++) volume.blocks.set(index, textBlock(`block ${String(index)}`));
  volume.freeze("snap-1");
  const part = repository.beginPart(`groups/${"a".repeat(32)}/${"b".repeat(20)}`);
  const writer = await part.beginVolume(resource);
  const stop = new AbortController();
  const onBlock = (index: number): void => {
    if (index === 2) stop.abort(new Error("its machine is taken back"));
  };
  await expect(backupVolume(volume.reader("snap-1"), writer, { random: systemRandom, maxInFlight: 1, signal: stop.signal, onBlock })).rejects.toThrow("taken back");
  await part.close(options);
  return { names: [...store.objects.keys()].filter((name) => name.startsWith("ckpt/")), resumable: part.resumableSource };
}

describe("a volume's part of a point that is given up", () => {
  it("is written down, however little was read, where another worker goes on at once", async () => {
    const { names, resumable } = await stopped({ isContinued: true });
    expect(names).toHaveLength(1);
    expect(resumable).toBe("snap-1");
  });

  it("leaves nothing for so little where nobody goes on", async () => {
    expect(await stopped({})).toEqual({ names: [], resumable: undefined });
  });
});

describe("a worker that was given up and lives on", () => {
  it("does not write over the record of the one that took its place, and stores no other", async () => {
    const { store, repository } = await newRepository();
    const volume = new MemoryVolume(2 ** 30);
    for (let index = 0; index < 5; index++) volume.blocks.set(index, textBlock(`block ${String(index)}`));
    volume.freeze("snap-1");
    const facts = { resource, volumeId: "vol-1", snapshotId: "snap-1", volumeSizeBytes: volume.sizeBytes, method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };
    const begin = async (group: string) => {
      const part = repository.beginPart(group);
      const writer = await part.beginVolume(resource);
      await backupVolume(volume.reader("snap-1"), writer, { random: systemRandom });
      return { part, finish: async () => await part.finishVolume(writer, facts, { volumeId: "vol-1" }) };
    };
    const records = (): (readonly [string, string])[] => [...store.objects].filter(([name]) => name.startsWith("log/")).map(([name, bytes]) => [name, bytes.toString("hex")] as const);
    // both claim the same place: the first has come to its last step when it is taken for lost
    const [lost, next] = [await begin(`groups/${"a".repeat(32)}/${"b".repeat(20)}`), await begin(`groups/${"a".repeat(32)}/${"c".repeat(20)}`)];
    const { stream, sequence } = await next.finish();
    const written = records();
    expect(written).toHaveLength(1);
    await expect(lost.finish()).rejects.toMatchObject({ name: "ConflictError", code: "Fenced", retryable: true });
    expect(records()).toEqual(written);
    expect(next.part.written?.record).toMatchObject({ stream, sequence });
    for (const { part } of [lost, next]) await part.close();
  });
});
