import { directoryStorage, Repository } from "../../src/index.js";
import { systemRandom } from "../../src/system/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import { MemoryVolume } from "../support/memory-volume.js";
import { removedState, secrets, states, volumeSizeBytes } from "./contents.js";

/** Makes a golden repository of the present format in the folder given. Run once for a format version, and never over an older one. */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Say into which folder: tsx test/golden/make.ts test/golden/v1");
const repository = await Repository.create({ storage: directoryStorage(folder), encryption: { passphrase: secrets.passphrase } });
await repository.keys.add({ key: secrets.key });
const volume = new MemoryVolume(volumeSizeBytes);
const first = await backUp("snap-1", removedState);
for (const [snapshotId, state] of Object.entries(states)) await backUp(snapshotId, state);
await repository.remove(first);
await repository.collectGarbage({ graceHours: 0 });
await repository.index.merge();

async function backUp(snapshotId: string, state: ReadonlyMap<number, Buffer>): Promise<string> {
  volume.blocks.clear();
  for (const [index, data] of state) volume.blocks.set(index, data);
  volume.freeze(snapshotId);
  const resource = "111122223333/eu-west-1/vol-golden";
  const point = repository.beginPoint({ resource, kind: "volume", tags: { made: "for ever" } });
  const writer = await point.beginVolume(resource);
  const { method } = await backupVolume(volume.reader(snapshotId), writer, { random: systemRandom });
  const now = new Date().toISOString();
  await point.finishVolume(writer, { resource, volumeId: "vol-golden", snapshotId, volumeSizeBytes, method, startedAt: now, finishedAt: now }, { volumeId: "vol-golden" });
  return (await point.commit()).id;
}
