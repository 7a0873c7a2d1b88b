import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directoryStorage, Repository } from "../../src/index.js";
import { key } from "../support/backup-world.js";

/** What the tests of devices and file systems begin with: a folder of their own, and an empty repository in it. */
export interface DevicesBed {
  readonly folder: string;
  readonly repository: Repository;
  readonly remove: () => Promise<void>;
}

export async function makeDevicesBed(): Promise<DevicesBed> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-devices-"));
  const repository = await Repository.create({ storage: directoryStorage(join(folder, "repository")), encryption: { key } });
  return { folder, repository, remove: async () => await rm(folder, { recursive: true, force: true }) };
}
