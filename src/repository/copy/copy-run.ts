import { ReaderSession } from "../leases/reader-session.js";
import { whilePinned } from "../leases/while-pinned.js";
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

/** Reads while groups of the source are pinned. */
export async function whileSourcePinned<Result>({ source, signal }: CopyRun, groupNames: readonly string[], read: () => Promise<Result>): Promise<Result> {
  return await whilePinned({ what: "copy", pin: async () => await ReaderSession.begin(source, groupNames, { signal }), logger: source.logger, signal }, read);
}

/** A repository's id, as its facade says it. */
export function repositoryId({ keys }: RepositoryContext): string {
  return keys.repositoryId.toString("hex");
}
