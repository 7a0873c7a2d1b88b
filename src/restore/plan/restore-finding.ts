/** What is wrong with a target, or will be different there, and what to do about it. JSON. */
export interface RestoreFinding {
  /** `error`: the restore is refused. `warning`: what is restored will differ from the original. */
  readonly severity: "error" | "warning";
  readonly code: string;
  /** The option that it is about, or that would help. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}
