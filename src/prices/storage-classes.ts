/** How soon an archived object shall be readable. */
export type ThawTier = "expedited" | "standard" | "bulk";

/** What S3 says of a storage class, beside its price. */
export interface StorageClassFacts {
  /** Objects that are removed earlier are paid for as if they had stayed so long. */
  readonly minimumStorageDays: number;
  /** Where objects must be thawed before they can be read: the hours within which that is typically done, by tier. */
  readonly thawHours?: Readonly<Partial<Record<ThawTier, number>>> | undefined;
}

/**
 * Storage classes of S3. Source: Amazon S3 user guide, "Understanding and managing Amazon S3 storage classes" (durations) and "Understanding archive retrieval options" (hours, their slow ends).
 */
export const storageClasses: Readonly<Record<string, StorageClassFacts>> = {
  STANDARD: { minimumStorageDays: 0 },
  INTELLIGENT_TIERING: { minimumStorageDays: 0 },
  STANDARD_IA: { minimumStorageDays: 30 },
  ONEZONE_IA: { minimumStorageDays: 30 },
  GLACIER_IR: { minimumStorageDays: 90 },
  GLACIER: { minimumStorageDays: 90, thawHours: { expedited: 5 / 60, standard: 5, bulk: 12 } },
  DEEP_ARCHIVE: { minimumStorageDays: 180, thawHours: { standard: 12, bulk: 48 } },
};

const dayMs = 24 * 60 * 60 * 1000;

/** Whether objects of the class must be thawed before they can be read. */
export function isArchiveClass(storageClass: string | undefined): boolean {
  return storageClass !== undefined && storageClasses[storageClass]?.thawHours !== undefined;
}

/** Until when an object of the class, stored at `storedAt`, is paid for whether it is there or not; `undefined` where nothing is saved by keeping it. */
export function minimumStorageUntil(storageClass: string | undefined, storedAt: Date): Date | undefined {
  const days = storageClass === undefined ? 0 : (storageClasses[storageClass]?.minimumStorageDays ?? 0);
  return days === 0 ? undefined : new Date(storedAt.getTime() + days * dayMs);
}
