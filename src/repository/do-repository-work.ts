import { IllegalStateError, mistake } from "../errors/index.js";
import { ownSignal } from "../session/index.js";
import { collectGarbage } from "./collect/collect-garbage.js";
import type { CollectReport } from "./collect/collect-report.js";
import { copyPoint } from "./copy/copy-point.js";
import type { CopiedPoint } from "./copy/copy-result.js";
import type { FrameSealer } from "./pack/sealing/frame-sealer.js";
import type { RepositoryContext } from "./repository-context.js";
import { verify } from "./verify/verify.js";
import type { VerifyReport } from "./verify/verify-options.js";
import type { RepositoryWork, WorkEvent } from "./workers/repository-workers.js";

/** What was done. JSON. */
export type RepositoryReport = CopiedPoint | VerifyReport | CollectReport;

/** What the work runs with, where it is done. */
export interface RepositoryWorkHooks {
  readonly signal: AbortSignal;
  /** Who seals the blocks of a copy; by default the calling thread. */
  readonly sealer?: FrameSealer | undefined;
  readonly onEvent: (event: WorkEvent) => void;
}

/** Does what another process has asked for. The record of the session is the asker's to write. */
export async function doRepositoryWork(context: RepositoryContext, work: RepositoryWork, { target, signal: given, sealer, onEvent }: RepositoryWorkHooks & { readonly target?: RepositoryContext | undefined }): Promise<RepositoryReport> {
  const signal = ownSignal([given]);
  switch (work.kind) {
    case "copy":
      if (target === undefined) throw new IllegalStateError(`A copy's order names no repository to copy into. ${mistake}`, { code: "IncompleteOrder" });
      return await copyPoint({ source: context, target, session: { emit: onEvent }, isFull: work.isFull, sealer, signal }, work.restorePoint);
    case "verify": {
      const { since, ...options } = work.options;
      return await verify(context, { ...options, ...(since !== undefined && { since: new Date(since) }), signal, onProgress: (progress) => onEvent({ type: "verify:progress", ...progress }) });
    }
    case "collect":
      return await collectGarbage(context, { ...work.options, signal });
  }
}
