import type { FaultOptions } from "../../../src/local/index.js";

/** What is asked of the cloud's process, with what it answers. */
export interface CloudAsks {
  /** Moves the cloud's clock on. */
  advance: { readonly given: { readonly ms: number }; readonly answer: null };
  /** These faults and no others from now on. */
  faults: { readonly given: { readonly rules: readonly FaultOptions[] }; readonly answer: null };
  /** A new volume, of a plan. */
  volume: { readonly given: { readonly sizeGib: number; readonly plan: string }; readonly answer: string };
  /** Writes blocks by their seeds, or as zeros, or takes them away; gives the digests of what is there then. */
  write: { readonly given: { readonly volumeId: string; readonly blocks: readonly BlockWrite[] }; readonly answer: readonly string[] };
  /** What these blocks of a volume hold. */
  digests: { readonly given: { readonly volumeId: string; readonly blocks: readonly number[] }; readonly answer: readonly string[] };
  /** An instance's volumes, by device. */
  disks: { readonly given: { readonly instanceId: string }; readonly answer: readonly (readonly [device: string, volumeId: string])[] };
  deleteVolume: { readonly given: { readonly volumeId: string }; readonly answer: null };
  measure: { readonly given: null; readonly answer: CloudMeasure };
  inventory: { readonly given: null; readonly answer: Inventory };
}

/** One block's change: a seed, a block of zeros that is written, or one that is written no more. */
export interface BlockWrite {
  readonly index: number;
  readonly content: number | "zeros" | "nothing";
}

/** What the server process and its S3 take. */
export interface CloudMeasure {
  readonly rssMib: number;
  readonly heapUsedMib: number;
  readonly objects: number;
  readonly storedMib: number;
  readonly faultsMet: number;
  readonly calls: number;
}

/** All that is in the cloud, as AWS's own clients list it. */
export interface Inventory {
  readonly volumes: readonly string[];
  readonly snapshots: readonly string[];
  readonly images: readonly string[];
  /** Without those that are terminated. */
  readonly instances: readonly string[];
  /** `bucket/key`, each version of it, delete markers marked. */
  readonly objects: readonly string[];
  readonly uploads: readonly string[];
}

/** What the engine's process needs to reach the cloud. */
export interface CloudFacts {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export const home = "eu-west-1";
export const away = "eu-north-1";
export const buckets = ["gold", "archive", "silver", "vault", "configuration"] as const;
