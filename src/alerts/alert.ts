/**
 * What an alert is about. `run-failed`: the policy's last run failed or crashed. `run-partial`: some of its resources failed. `run-missed`: none began in time.
 * `nothing-protected`: it backed up nothing. `window-ended`: it was cut short by its window. `repository-damaged`: packs are in quarantine, or a verification or
 * backup met damage. `locks-broken`: the last verification of locks found objects that are not locked as promised. `point-too-old`: a resource's newest point is
 * older than the policy allows. `not-compliant`: a control of the policy is not met.
 */
export type AlertCondition = "run-failed" | "run-partial" | "run-missed" | "nothing-protected" | "window-ended" | "repository-damaged" | "locks-broken" | "point-too-old" | "not-compliant";

/** Something that is wrong, from when it was found until it was found to be over. JSON. */
export interface Alert {
  /** Of this stretch alone: the same condition gets another when it comes again. */
  readonly id: string;
  readonly policy: string;
  readonly condition: AlertCondition;
  /** What it is about: the policy, a resource, a repository. */
  readonly subject: string;
  readonly severity: "warning" | "error";
  /** What is wrong and what to do, as it was when the alert was raised. */
  readonly text: string;
  /** ISO 8601. */
  readonly raisedAt: string;
  /** ISO 8601; absent while it lasts. */
  readonly endedAt?: string | undefined;
}

/** An alert with who knows of it. */
export interface TrackedAlert extends Alert {
  /** Destinations of notifiers that were told of its beginning. */
  readonly toldOfBeginning: readonly string[];
  /** Those that were told of its end. */
  readonly toldOfEnd: readonly string[];
}

/** What was looked at and found: for this condition, exactly these subjects are in trouble now. */
export interface Observation {
  readonly condition: AlertCondition;
  readonly present: readonly Pick<Alert, "subject" | "severity" | "text">[];
}
