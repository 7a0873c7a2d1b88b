import type { SignalOptions } from "../repository-context.js";
import type { RecoverStep } from "./recover-plan.js";

/** How a recovery goes. */
export interface RecoverOptions extends SignalOptions {
  /** Only says what would be done. */
  readonly dryRun?: boolean | undefined;
}

/** Something that a restore point needs and that no version of the bucket holds any more. */
export interface LostObject {
  readonly object: string;
  readonly problem: string;
  /** The ids of the restore points that need it. */
  readonly restorePoints: readonly string[];
}

/** What a recovery did, or would do. */
export interface RecoverReport {
  readonly isDryRun: boolean;
  /** Nothing is lost, nothing failed. */
  readonly isWhole: boolean;
  /** Names looked at. */
  readonly objects: number;
  readonly removedDeleteMarkers: number;
  readonly removedVersions: number;
  readonly putOnTop: number;
  /** Foreign objects that got a delete marker. */
  readonly hidden: number;
  /** Packs that lie under a foreign version which is locked: reads name their version and are not disturbed; writers store their blocks anew. */
  readonly leftUnderLocked: number;
  /** The first thousand steps; the counts are of all. */
  readonly steps: readonly RecoverStep[];
  readonly lost: readonly LostObject[];
  /** What the store refused; run it again once the cause is gone. The first hundred. */
  readonly failures: readonly { readonly object: string; readonly problem: string }[];
  readonly failedObjects: number;
}

const maxSteps = 1_000;
const maxFailures = 100;

/** Collects what a recovery does. */
export class RecoverTally {
  readonly #isDryRun: boolean;
  readonly #steps: RecoverStep[] = [];
  readonly #failures: { readonly object: string; readonly problem: string }[] = [];
  readonly #counts: Record<RecoverStep["action"], number> = { "remove-delete-marker": 0, "remove-version": 0, "put-on-top": 0, hide: 0 };
  objects = 0;
  leftUnderLocked = 0;
  failedObjects = 0;

  constructor(isDryRun: boolean) {
    this.#isDryRun = isDryRun;
  }

  add(step: RecoverStep): void {
    this.#counts[step.action]++;
    if (this.#steps.length < maxSteps) this.#steps.push(step);
  }

  fail(object: string, problem: string): void {
    this.failedObjects++;
    if (this.#failures.length < maxFailures) this.#failures.push({ object, problem });
  }

  report(lost: readonly LostObject[]): RecoverReport {
    return {
      isDryRun: this.#isDryRun,
      isWhole: lost.length === 0 && this.failedObjects === 0,
      objects: this.objects,
      removedDeleteMarkers: this.#counts["remove-delete-marker"],
      removedVersions: this.#counts["remove-version"],
      putOnTop: this.#counts["put-on-top"],
      hidden: this.#counts.hide,
      leftUnderLocked: this.leftUnderLocked,
      steps: this.#steps,
      lost,
      failures: this.#failures,
      failedObjects: this.failedObjects,
    };
  }
}
