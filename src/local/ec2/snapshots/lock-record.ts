/** How a snapshot is locked against deletion. All times are ISO 8601. */
export interface SnapshotLock {
  readonly mode: "governance" | "compliance";
  readonly durationDays: number;
  readonly createdAt: string;
  readonly startsAt: string;
  readonly expiresAt: string;
  /** Until then a lock in compliance mode can still be taken away. */
  readonly coolOffHours?: number;
  readonly coolOffEndsAt?: string;
}
