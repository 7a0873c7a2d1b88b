import type { ImageSnapshot } from "../image-snapshot.js";
import type { ServerFacts } from "../server.js";

/** Phases whose source and target are raw images: what the engine itself costs. */
export const imagePhases = ["full", "incremental", "unchanged", "restore"] as const;
/** Phases over the whole road, by Policy and Restore: EC2 and EBS direct on one side, S3 on the other. */
export const ebsPhases = ["full-ebs", "incremental-ebs", "restore-volume"] as const;
/** The phases, in the order in which they run. */
export const phaseNames = [...imagePhases, ...ebsPhases] as const;
export type ImagePhaseName = (typeof imagePhases)[number];
export type EbsPhaseName = (typeof ebsPhases)[number];
export type PhaseName = (typeof phaseNames)[number];

interface AnyPhaseTask {
  readonly server: ServerFacts;
  /** The repository's place in the bucket: another for each run, and for images and EBS. */
  readonly prefix: string;
}

/** What an engine process is to do with images. */
export interface ImagePhaseTask extends AnyPhaseTask {
  readonly phase: ImagePhaseName;
  readonly snapshot: ImageSnapshot;
  /** Where `restore` puts the image. */
  readonly restoredPath: string;
}

/** What an engine process is to do with a volume of the cloud. */
export interface EbsPhaseTask extends AnyPhaseTask {
  readonly phase: EbsPhaseName;
  readonly volumeId: string;
}

/** What an engine process is to do between a snapshot and a raw image, without a repository. */
export interface MovePhaseTask extends AnyPhaseTask {
  readonly phase: "download" | "upload";
  /** What is downloaded. */
  readonly snapshotId: string;
  /** Where to, or what is uploaded. */
  readonly path: string;
}

export type PhaseTask = ImagePhaseTask | EbsPhaseTask | MovePhaseTask;

/** What an engine process says of its phase. */
export interface PhaseFacts {
  readonly seconds: number;
  /** Of the engine's process alone, its start not counted. */
  readonly cpuSeconds: number;
  readonly peakMemoryMib: number;
  /** Blocks with data that were read, or restored. */
  readonly blocks: number;
  readonly storedBlocks: number;
  /** The volume that `restore-volume` made. */
  readonly restoredVolumeId?: string | undefined;
}
