import type { RunningSession } from "../../session/index.js";
import type { RepositoryContext } from "../repository-context.js";
import type { CopyEvent } from "./copy-events.js";

/** What everything in one copy shares. */
export interface CopyRun {
  readonly source: RepositoryContext;
  readonly target: RepositoryContext;
  readonly session: RunningSession<CopyEvent>;
  readonly isFull: boolean;
  readonly signal: AbortSignal;
}

/** A repository's id, as its facade says it. */
export function repositoryId({ keys }: RepositoryContext): string {
  return keys.repositoryId.toString("hex");
}
