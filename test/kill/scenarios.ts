import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { blockSizeBytes } from "../../src/ports/index.js";
import { Repository } from "../../src/repository/repository.js";
import { backUpImages, type ImageSet } from "./back-up-images.js";
import type { Places, StoragePlace } from "./places.js";
import { imagePath, writeImage, type ImageContent } from "./snapshot-images.js";

/** A state of a repository, a run that is killed in it, and the run after that. */
export interface Scenario {
  readonly name: string;
  readonly key: Buffer;
  readonly places: Places;
  /** The repository before the killed run: copied for each kill. `undefined`: there is none, the killed run makes it. */
  readonly repository: StoragePlace | undefined;
  readonly earlier: readonly { readonly pointId: string; readonly images: ImageSet }[];
  readonly killed: ImageSet | undefined;
  readonly next: ImageSet;
}

interface ScenarioPlan {
  readonly name: string;
  readonly volumeIds: readonly string[];
  readonly blocks: number;
  /** What changes from one snapshot to the next, for each volume: the last two are the killed run's and the next one's. */
  readonly steps: readonly ImageContent[];
  readonly makesRepository?: boolean;
}

/** Blocks that a pack holds at most: one more makes a second pack. */
const packBlocks = 256;

const few: ImageContent = new Map([
  [0, { text: "boot sector " }],
  [1, { noise: "first" }],
  [17, { noise: "second" }],
  [30, { text: "log " }],
  [31, { noise: "end" }],
]);
const change: ImageContent = new Map([
  [1, { noise: "first, changed" }],
  [17, { text: "\0" }],
  [29, { text: "more log " }],
]);
const secondChange: ImageContent = new Map([
  [2, { noise: "new" }],
  [30, { text: "\0" }],
]);
const lastChange: ImageContent = new Map([[5, { text: "after the crash " }]]);
const twoPacks: ImageContent = new Map(Array.from({ length: packBlocks + 4 }, (_, index) => [index, { text: `file ${String(index)} ` }] as const));

const plans: readonly ScenarioPlan[] = [
  { name: "the making of a repository", volumeIds: ["vol-a"], blocks: 32, steps: [few], makesRepository: true },
  { name: "a first backup", volumeIds: ["vol-a"], blocks: 32, steps: [few, lastChange] },
  { name: "an increment on two points", volumeIds: ["vol-a"], blocks: 32, steps: [few, change, secondChange, lastChange] },
  { name: "an increment of an instance with two volumes", volumeIds: ["vol-a", "vol-b"], blocks: 32, steps: [few, change, lastChange] },
  { name: "a first backup of several packs", volumeIds: ["vol-a"], blocks: packBlocks + 8, steps: [twoPacks, lastChange] },
];

export const scenarioNames: readonly string[] = plans.map(({ name }) => name);

/** Makes the images of all snapshots below `folder`, and the repository as it is before the killed run at one of `places`. */
export async function prepareScenario(name: string, folder: string, places: Places): Promise<Scenario> {
  const plan = plans.find((candidate) => candidate.name === name);
  if (plan === undefined) throw new Error(`There is no scenario "${name}".`);
  await mkdir(folder, { recursive: true });
  const kind = plan.volumeIds.length === 1 ? "volume" : "instance";
  const resource = `account/region/${kind === "volume" ? "vol-a" : "i-1"}`;
  const sets: ImageSet[] = [];
  const content = new Map<number, { readonly text: string } | { readonly noise: string }>();
  for (const [number, step] of plan.steps.entries()) {
    for (const [index, block] of step) content.set(index, block);
    const snapshotId = `snap-${String(number)}`;
    for (const volumeId of plan.volumeIds) await writeImage(imagePath(folder, volumeId, snapshotId), plan.blocks * blockSizeBytes, forVolume(content, volumeId));
    sets.push({ folder, resource, kind, volumeIds: plan.volumeIds, snapshotId });
  }
  const next = sets.pop();
  if (next === undefined) throw new Error(`The scenario "${name}" has no steps.`);
  const key = randomBytes(32);
  if (plan.makesRepository === true) return { name, key, places, repository: undefined, earlier: [], killed: undefined, next };
  const killed = sets.pop();
  const place = places.at("repository");
  const repository = await Repository.create({ storage: places.storage(place), encryption: { key } });
  const earlier = [];
  for (const images of sets) earlier.push({ pointId: (await backUpImages(repository, images)).id, images });
  return { name, key, places, repository: place, earlier, killed, next };
}

/** No two volumes hold the same noise, so that none can pass for another. */
function forVolume(content: ImageContent, volumeId: string): ImageContent {
  return new Map([...content].map(([index, block]) => [index, "noise" in block ? { noise: `${volumeId} ${block.noise}` } : block]));
}
