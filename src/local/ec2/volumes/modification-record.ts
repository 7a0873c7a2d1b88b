import type { VolumeShape } from "./volume-type.js";

/** A change of a volume's size, type or performance. */
export interface ModificationRecord {
  readonly volumeId: string;
  readonly original: VolumeShape;
  readonly target: VolumeShape;
  readonly startedAt: string;
  readonly settlesAt: string;
}
