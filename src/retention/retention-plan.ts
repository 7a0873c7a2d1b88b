/** The flags that a point can carry, several at once. */
export type RetentionFlag = "daily" | "weekly" | "monthly" | "yearly";

/** What retention must know of a restore point. A `RestorePoint` has it. */
export interface RetentionPoint {
  readonly id: string;
  /** Of what it is a point: rules count each resource for itself. */
  readonly resource: string;
  readonly createdAt: Date;
  /** Until when it cannot be removed: its immutability. */
  readonly lockedUntil?: Date | undefined;
  /** Whether the next increment is told from it: then it stays. */
  readonly isBase?: boolean | undefined;
}

/** Why a point stays or goes. */
export interface RetentionReason {
  /** A flag or rule that keeps it; `newest`, `base` and `locked` stand above the rules; `future`: it is younger than now; `expired`: no rule keeps it any more. */
  readonly rule: RetentionFlag | "count" | "age" | "newest" | "base" | "locked" | "future" | "expired";
  /** In words. */
  readonly text: string;
  /** When this reason ends by itself: ISO 8601. */
  readonly until?: string | undefined;
}

/** What is decided of one point. */
export interface RetentionDecision {
  readonly id: string;
  readonly resource: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly action: "keep" | "remove";
  /** The flags that it carries now. */
  readonly flags: readonly RetentionFlag[];
  /** At least one. */
  readonly reasons: readonly RetentionReason[];
  /** When the last of its reasons that have an end ends, where none is without: then it can be removed. ISO 8601. */
  readonly keptUntil?: string | undefined;
}

/** What a retention decides of a set of points. JSON. */
export interface RetentionPlan {
  /** The moment that it is for: ISO 8601. */
  readonly now: string;
  readonly timeZone: string;
  readonly keep: readonly RetentionDecision[];
  readonly remove: readonly RetentionDecision[];
  /** In one sentence, also why nothing is removed. */
  readonly summary: string;
}
