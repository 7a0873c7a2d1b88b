import { mkdtemp, open, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Repository, Restore, s3Storage } from "../src/index.js";
import { key, noiseBlock } from "./support/backup-world.js";
import { backUpImage } from "./support/image-world.js";
import { ManualClock } from "./support/manual-clock.js";
import { S3Bed } from "./support/s3-bed.js";

const hourMs = 3_600_000;
const blockBytes = 524_288;

let bed: S3Bed;
let folder: string;
let disk: string;
/** What the engine waits by; the cloud's own clock is moved with it. */
let clock: ManualClock;

beforeAll(async () => {
  bed = await S3Bed.open();
  folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
  disk = join(folder, "disk.img");
  const file = await open(disk, "w");
  await file.truncate(40 * blockBytes);
  for (let index = 0; index < 40; index += 2) await file.write(noiseBlock(), 0, blockBytes, index * blockBytes);
  await file.close();
  clock = new ManualClock();
});
afterAll(async () => {
  await bed.close();
  await rm(folder, { recursive: true });
});

async function archived(): Promise<{ readonly open: () => Promise<Repository>; readonly id: string }> {
  const bucket = await bed.makeBucket();
  const storage = s3Storage({ account: bed.account, bucket, prefix: "cold", storageClass: "GLACIER" });
  const repository = await Repository.create({ storage, encryption: { key }, packs: { targetBytes: 8 * 2 ** 20, maxBlocks: 16 } }, { clock });
  const { id } = await backUpImage(repository, disk);
  return { open: async () => await Repository.open({ storage, encryption: { key } }, { clock }), id };
}

function asked(): number {
  return bed.cloud.calls.count({ operation: "RestoreObject" });
}

/** Lets the hours pass, for the cloud and for who waits, until `done` is settled. */
async function passUntil(done: Promise<unknown>): Promise<void> {
  const state = { isDone: false };
  const end = (): void => {
    state.isDone = true;
  };
  done.then(end, end);
  for (let step = 0; step < 2_000 && !state.isDone; step++) {
    bed.cloud.clock.advance(hourMs / 4);
    clock.advance(hourMs / 4);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("a restore from an archive", () => {
  it("tells beforehand what is thawed, when and for how much; thaws exactly that, waits, and restores", async () => {
    const { open: openRepository, id } = await archived();
    const restore = new Restore({ repository: await openRepository() }, { clock });
    const path = join(folder, "restored.img");
    const thaw = { tier: "standard", days: 3 } as const;
    const plan = await restore.planImage(id, { path, thaw });
    expect(plan.source.thaw).toMatchObject({ storageClass: "GLACIER", needed: { packs: 2 }, archived: { packs: 2 }, days: 3, chosen: { tier: "standard", hours: 5 } });
    expect(plan.source.thaw!.chosen!.cost!.total).toBeGreaterThan(0);
    expect((await restore.planOpening(id)).volumes).toMatchObject([{ volume: "disk", thaw: { archived: { packs: 2 } } }]);
    await expect(restore.image(id, { path })).rejects.toMatchObject({ code: "ThawNeeded" });
    const before = asked();
    const session = restore.image(id, { path, thaw });
    const types: string[] = [];
    const listening = (async () => {
      for await (const { type } of session) if (types.at(-1) !== type) types.push(type);
    })();
    await passUntil(listening);
    await listening;
    expect(types.slice(0, 6)).toEqual(["session:started", "thaw:started", "thaw:requested", "thaw:progress", "restore:started", "restore:progress"]);
    expect(asked() - before).toBe(2);
    expect((await readFile(path)).equals(await readFile(disk))).toBe(true);
    await session;
  });

  it("goes on in a second process where the first one died in its wait, without asking again", async () => {
    const { open: openRepository, id } = await archived();
    const path = join(folder, "resumed.img");
    const thaw = { tier: "bulk" } as const;
    const before = asked();
    const dying = new AbortController();
    const first = new Restore({ repository: await openRepository() }, { clock }).image(id, { path, thaw, signal: dying.signal });
    for await (const { type } of first) {
      if (type === "thaw:progress") break;
    }
    dying.abort(new Error("killed"));
    await expect(first).rejects.toThrow("killed");
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
    expect(asked() - before).toBe(2);
    const second = new Restore({ repository: await openRepository() }, { clock }).image(id, { path, thaw });
    await passUntil(second.then(() => undefined));
    await second;
    expect(asked() - before).toBe(2);
    expect((await readFile(path)).equals(await readFile(disk))).toBe(true);
  });

  it("opens devices, files and verified restores the same way", async () => {
    const { open: openRepository, id } = await archived();
    const restore = new Restore({ repository: await openRepository() }, { clock });
    await expect(restore.blockDevice(id)).rejects.toMatchObject({ code: "ThawNeeded" });
    await expect(restore.files(id, { thaw: { tier: "fast" as "bulk" } })).rejects.toMatchObject({ context: { path: "thaw.tier" } });
    const before = asked();
    const heard: string[] = [];
    const opening = restore.blockDevice(id, { thaw: { tier: "expedited" }, onThaw: ({ type }) => heard.push(type) });
    await passUntil(opening);
    await (await opening).close();
    expect(heard.slice(0, 2)).toEqual(["thaw:started", "thaw:requested"]);
    await (await restore.files(id, { thaw: { tier: "bulk" } })).close();
    expect(await restore.verify(id, { blocks: "all", thaw: { tier: "bulk" } })).toMatchObject({ isVerified: true });
    expect(asked() - before).toBe(2);
  });
});
