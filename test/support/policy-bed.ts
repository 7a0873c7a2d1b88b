import { Repository } from "../../src/repository/repository.js";
import { key, storageOf, textBlock } from "./backup-world.js";
import { ManualClock } from "./manual-clock.js";
import { MemoryCloud } from "./memory-cloud.js";
import { MemoryObjectStore } from "./memory-object-store.js";

/** What the tests of policies begin with: an account and an empty repository in memory, on a clock that stands still. */
export interface PolicyBed {
  readonly clock: ManualClock;
  readonly cloud: MemoryCloud;
  readonly store: MemoryObjectStore;
  readonly repository: Repository;
}

export async function makePolicyBed(): Promise<PolicyBed> {
  const clock = new ManualClock();
  const cloud = new MemoryCloud(clock);
  const store = new MemoryObjectStore();
  const repository = await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
  return { clock, cloud, store, repository };
}

/** An instance `i-<name>` with the volume `vol-<name>` and the tag `backup: gold`. */
export function addGoldInstance(cloud: MemoryCloud, name: string): void {
  cloud.addVolume(`vol-${name}`).blocks.set(0, textBlock(name));
  cloud.addInstance(`i-${name}`, [`vol-${name}`], { tags: { backup: "gold" } });
}
