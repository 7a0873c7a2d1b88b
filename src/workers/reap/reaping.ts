import type { PartialFailure } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import type { PoolContext } from "../pool-context.js";
import type { ReapedResource, ReapOptions } from "./reap-report.js";

/** A reaping under way: what it has found, and what became of it. */
export interface Reaping {
  readonly context: PoolContext;
  readonly options: ReapOptions;
  readonly removed: ReapedResource[];
  readonly kept: ReapedResource[];
  readonly failures: PartialFailure[];
}

/** Something that was found; why it is kept or removed goes without saying where workers and tasks are meant. */
type Reasoned = Omit<ReapedResource, "reason"> & { readonly reason?: string | undefined };

/** Leaves something that somebody needs, or may need. */
export function keep(reaping: Pick<Reaping, "kept">, { reason = "its engine is there", ...resource }: Reasoned): void {
  reaping.kept.push({ ...resource, reason });
}

/** Removes something unless it is kept or this is a dry run; what cannot be removed hinders nothing else. */
export async function decide(reaping: Reaping, { isKept, reason, ...resource }: Reasoned & { readonly isKept: boolean }, remove: () => Promise<void>): Promise<void> {
  if (isKept) {
    keep(reaping, { ...resource, reason });
    return;
  }
  const { context, options, removed } = reaping;
  await attempt(reaping, resource.id, async () => {
    if (options.dryRun !== true) await remove();
    removed.push({ ...resource, reason: reason ?? "no engine speaks to it any more" });
    context.logger.info("a left-over was removed", { ...resource, isDryRun: options.dryRun ?? false });
  });
}

/** Does something about `what`; a failure is told at the end, when everything else is done. */
export async function attempt({ options, failures }: Reaping, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    options.signal?.throwIfAborted();
    failures.push({ resource: what, error: asError(error) });
  }
}
