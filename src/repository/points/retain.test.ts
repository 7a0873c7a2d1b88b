import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf } from "../../../test/support/backup-world.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { ProviderError } from "../../errors/index.js";
import { Retention } from "../../retention/retention.js";
import type { SessionRecord } from "../history/session-record.js";
import { Repository } from "../repository.js";
import type { RetainOptions } from "./retain.js";

const dayMs = 86_400_000;
let clock: ManualClock;
let store: MemoryObjectStore;
let repository: Repository;

beforeEach(async () => {
  clock = new ManualClock();
  store = new MemoryObjectStore();
  repository = await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
  // each day one of an image that no policy knows, one of another, and one of a policy's volume
  for (let day = 0; day < 4; day++) {
    await makePoint("images/a");
    await makePoint("images/b");
    await makePoint("111122223333/eu-west-1/vol-1", "gold");
    clock.advance(dayMs);
  }
});

async function makePoint(resource: string, policy?: string): Promise<void> {
  const writer = repository.beginPoint({ resource, kind: "volume", tags: {}, ...(policy !== undefined && { policy }) });
  const volume = await writer.beginVolume(resource);
  volume.start("full", 2 ** 30);
  const at = clock.now().toISOString();
  await writer.finishVolume(volume, { resource, volumeId: "vol-1", volumeSizeBytes: 2 ** 30, method: "full", startedAt: at, finishedAt: at }, { volumeId: "vol-1" });
  await writer.commit();
}

/** How many points there are, by resource. */
async function counts(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for await (const { resource } of repository.restorePoints()) found[resource] = (found[resource] ?? 0) + 1;
  return found;
}

describe("retention for points that no policy looks after", () => {
  it("removes what the rules keep no more, of these alone, and leaves a record; a dry run says so beforehand", async () => {
    const planned = await repository.retain({ count: 2 }, { dryRun: true });
    expect([planned.plan.remove.length, planned.removed]).toEqual([4, []]);
    expect(await counts()).toEqual({ "images/a": 4, "images/b": 4, "111122223333/eu-west-1/vol-1": 4 });
    const { removed, left } = await repository.retain(new Retention({ count: 2 }), { resource: "images/a" });
    expect([removed.length, left]).toEqual([2, []]);
    expect((await repository.retain({ count: 2 })).removed).toHaveLength(2);
    expect(await counts()).toEqual({ "images/a": 2, "images/b": 2, "111122223333/eu-west-1/vol-1": 4 });
    const records: SessionRecord[] = [];
    for await (const record of repository.sessions({ kind: "retention" })) records.push(record);
    expect(records.map(({ state, result }) => [state, result?.["removed"]])).toEqual([["succeeded", 2], ["succeeded", 2]]);
  });

  it("is for a policy's points too, where that is given up, and keeps the newest of each resource", async () => {
    clock.advance(30 * dayMs);
    expect((await repository.retain({ age: { days: 1 } }, { policy: "gold" })).plan.keep).toMatchObject([{ reasons: [{ rule: "newest" }] }]);
    expect(await counts()).toEqual({ "images/a": 4, "images/b": 4, "111122223333/eu-west-1/vol-1": 1 });
    expect((await repository.retain({ age: { days: 1 } }, { policy: "gold" })).plan.summary).toMatch(/^Removes nothing: all 1 points are kept/);
  });

  it("names what it could not remove, and does the rest", async () => {
    let refusals = 1;
    store.onPut = (name) => {
      if (name.startsWith("groups/") && refusals-- > 0) throw new ProviderError("PutObject is denied.", { code: "AccessDenied", service: "s3", operation: "PutObject" });
    };
    await expect(repository.retain({ count: 3 })).rejects.toMatchObject({ code: "PointsNotRemoved", failures: { length: 1 }, completed: { length: 1 } });
  });

  it.each([
    [{ count: 0 }, {}, "count"],
    [{ count: 1 }, { policies: ["gold"] }, "policies"],
    [{ count: 1 }, { policy: "" }, "policy"],
  ])("refuses %j %j", async (rules, options, path) => {
    await expect(repository.retain(rules, options as RetainOptions)).rejects.toMatchObject({ name: "ConfigurationError", message: expect.stringMatching(new RegExp(`^${path}`)) as string });
  });
});
