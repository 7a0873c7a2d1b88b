/** What a disk holds: the digests of its blocks that are not zero. */
export type DiskState = ReadonlyMap<number, string>;

/** A volume of a booked point. */
export interface BookedVolume {
  readonly volumeId: string;
  readonly deviceName: string | undefined;
  readonly state: DiskState;
}

/** What the books say of a restore point. */
export interface BookedPoint {
  readonly id: string;
  readonly resource: string;
  readonly createdAtMs: number;
  readonly lockedUntilMs: number;
  readonly isFirstOfWeek: boolean;
  readonly volumes: readonly BookedVolume[];
  readonly snapshotIds: readonly string[];
}
