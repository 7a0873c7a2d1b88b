import type { EngineEnvironment, RunningSession } from "../session/index.js";
import type { PolicyEvent } from "./policy-events.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import type { RunOptions } from "./run-options.js";
import type { Exclusions } from "./selection/exclusions.js";
import type { SessionWarning } from "./session-result.js";

/** What everything in one run of a policy shares. */
export interface PolicyRun extends EngineEnvironment {
  readonly options: ResolvedPolicyOptions;
  readonly run: RunOptions & { readonly signal: AbortSignal };
  readonly session: RunningSession<PolicyEvent>;
  readonly accountId: string;
  readonly exclusions: Exclusions;
}

/** What goes from one attempt at a resource to the next. */
export interface ResourceAttempts {
  /** What is to be looked at beside the outcome. */
  readonly warnings: SessionWarning[];
  /** Snapshots of volumes whose record was written: their next increment is told from there, whether or not the point came to be. */
  readonly bases: Set<string>;
}
