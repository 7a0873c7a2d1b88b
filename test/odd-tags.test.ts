import { AwsAccount, directoryStorage, Policy, Repository, Restore } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { all } from "./support/all.js";
import { key, textBlock } from "./support/backup-world.js";
import { hastyClock } from "./support/hasty-clock.js";

const region = "eu-west-1";
/** Own properties of these names, as JSON makes them. */
const tags = JSON.parse('{"__proto__":"gold","constructor":"b","toString":"c","hasOwnProperty":"d","Name":"odd"}') as Record<string, string>;

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-tags-"));
  cloud = await LocalCloud.start({ durable: false });
  account = new AwsAccount({ ...cloud.connection({ region }), clock: hastyClock });
});
afterEach(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

it("a volume is found by a tag of any name, and its tags are in its restore point and on what is restored of it, each of them", async () => {
  const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a`, tags });
  await cloud.volumes.write(volumeId, 0, textBlock("tagged"));
  const repository = await Repository.create({ storage: directoryStorage(join(folder, "repository")), encryption: { key } });
  const policy = new Policy({ name: "gold", account, include: [{ tag: { ["__proto__"]: "gold" } }], backup: { repository } });
  const { resources } = await policy.run();
  expect(resources.map(({ outcome }) => outcome)).toEqual(["succeeded"]);

  const reopened = await Repository.open({ storage: directoryStorage(join(folder, "repository")), encryption: { key } });
  const [point] = await all(reopened.restorePoints());
  if (point === undefined) throw new Error("there is no restore point");
  expect(Object.entries(point.tags).sort()).toEqual(Object.entries(tags).sort());
  const attributes = await point.volumeAttributes(volumeId);
  expect(Object.entries(attributes?.["tags"] as Record<string, string>).sort()).toEqual(Object.entries(tags).sort());

  const { volumeId: restored } = await new Restore({ repository: reopened, account }).volume(point, { volume: volumeId, availabilityZone: `${region}a` });
  const found = await all(account.compute(region).volumesByTags({ ["__proto__"]: "gold" }));
  const made = found.find((volume) => volume.volumeId === restored);
  expect(Object.entries(made?.tags ?? {}).filter(([name]) => !name.startsWith("holdfast:")).sort()).toEqual(Object.entries(tags).sort());
});
