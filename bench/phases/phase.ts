import type { ImageSnapshot } from "../image-snapshot.js";
import type { ServerFacts } from "../server.js";

/** The phases, in the order in which they run. */
export const phaseNames = ["full", "incremental", "unchanged", "restore"] as const;
export type PhaseName = (typeof phaseNames)[number];

/** What an engine process is to do. */
export interface PhaseTask {
  readonly phase: PhaseName;
  readonly server: ServerFacts;
  /** The repository's place in the bucket: another for each run. */
  readonly prefix: string;
  readonly snapshot: ImageSnapshot;
  /** Where `restore` puts the image. */
  readonly restoredPath: string;
}

/** What an engine process says of its phase. */
export interface PhaseFacts {
  readonly seconds: number;
  /** Of the engine's process alone, its start not counted. */
  readonly cpuSeconds: number;
  readonly peakMemoryMib: number;
  /** Blocks with data that were read, or restored. */
  readonly blocks: number;
  readonly storedBlocks: number;
}
