import { ReaderSession } from "../leases/reader-session.js";
import { whilePinned } from "../leases/while-pinned.js";
import type { RunningSession } from "../../session/index.js";
import type { FrameSealer } from "../pack/sealing/frame-sealer.js";
import type { RepositoryContext } from "../repository-context.js";
import type { CopyEvent } from "./copy-events.js";

/** What everything in one copy shares. */
export interface CopyRun {
  readonly source: RepositoryContext;
  readonly target: RepositoryContext;
  readonly session: Pick<RunningSession<CopyEvent>, "emit">;
  readonly isFull: boolean;
  /** Who seals blocks; by default the calling thread. */
  readonly sealer?: FrameSealer | undefined;
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
