/** A volume, as it is kept. */
export interface VolumeRecord {
  readonly volumeId: string;
  readonly accountId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly sizeGib: number;
  readonly volumeType: string;
  readonly iops?: number;
  readonly throughputMiBps?: number;
  /** MiB/s at which its snapshot's blocks were asked to be brought into it. */
  readonly initializationRateMiBps?: number;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  /** The snapshot that it was made of. */
  readonly snapshotId?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601: before it the volume is being created. */
  readonly availableAt: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The layer that is written to. */
  readonly topLayerId: string;
  /** Snapshots of one lineage can be compared: a volume has its own, or that of the snapshot it was made of. */
  readonly lineageId: string;
}

export interface NewVolume {
  readonly accountId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly sizeGib: number;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  readonly initializationRateMiBps?: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly snapshotId?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** What changes of a record; `undefined` takes an optional member away. */
export type Changes<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** The record with the changes made. */
export function changed<T extends object>(record: T, changes: Changes<T>): T {
  const result = { ...record, ...changes } as Record<string, unknown>;
  for (const [key, value] of Object.entries(result)) if (value === undefined) Reflect.deleteProperty(result, key);
  return result as T;
}
