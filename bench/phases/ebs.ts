import { Policy, Restore, type AwsAccount, type Repository } from "../../src/index.js";
import type { RestorePoint } from "../../src/index.js";

/** What a phase moved. */
export interface Moved {
  readonly blocks: number;
  readonly storedBlocks: number;
  readonly restoredVolumeId?: string | undefined;
}

/** Backs a volume up by a policy; fails where the method is another than the phase is about. */
export async function backUpVolume(account: AwsAccount, repository: Repository, volumeId: string, method: "full" | "incremental"): Promise<Moved> {
  const policy = new Policy({ name: "bench", account, include: [{ volume: volumeId }], backup: { repository } });
  const [volume] = (await policy.run()).resources.flatMap(({ volumes }) => volumes);
  if (volume?.method !== method) throw new Error(`The backup was ${String(volume?.method)}, not ${method}.`);
  return { blocks: volume.blocks.read, storedBlocks: volume.blocks.stored };
}

/** Restores the newest point to a new volume. */
export async function restoreVolume(account: AwsAccount, repository: Repository): Promise<Moved> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints()) points.push(point);
  const newest = points.at(-1);
  if (newest === undefined) throw new Error("There is no restore point.");
  const { volumeId, blocks } = await new Restore({ repository, account }).volume(newest, { availabilityZone: "eu-west-1b" });
  return { blocks, storedBlocks: 0, restoredVolumeId: volumeId };
}
